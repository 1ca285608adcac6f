"""Stages that keep what passes every check and put the rest aside with its reason."""
