"""Agents attempt held-out problems and are compared."""
