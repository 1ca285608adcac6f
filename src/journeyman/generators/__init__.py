"""Generators: one file each, with one constant ``GENERATOR``."""
