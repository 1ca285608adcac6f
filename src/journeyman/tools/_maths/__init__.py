"""Parsers of arithmetic, quantities and equations: text is read by a closed grammar and never executed."""
