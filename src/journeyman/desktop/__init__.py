"""A screen of its own for programs with windows: an X server without a monitor, and hands on it."""
