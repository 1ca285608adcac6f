"""Queries, files and trajectories: what the teacher is asked for, and what its work is checked against."""
