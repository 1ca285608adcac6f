"""Benchmarks: problems, and what an attempt at one is worth. One file each."""
