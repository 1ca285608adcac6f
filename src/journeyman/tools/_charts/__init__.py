"""Columns to draw, and the axes and marks of a drawn chart."""
