"""The embedded teacher: an OpenAI-compatible server that is a deterministic program, not a model.

It plays every role over small worlds whose truth follows from a number, goes through the same
client, prompts and parsers as a paid model, and makes planted mistakes at a set rate, each labelled
in its reply. Its model name is ``scripted`` and every artifact made with it says so.
"""
