"""Worlds, words, files and solutions of the skills recipe, played by the scripted teacher.

Like the rest of it: everything follows from a kind and a number, and mistakes are planted at a set rate
and labelled. What the agent answers it reads from the results in the conversation, so that a wrong call
gives a wrong answer.
"""
