"""The papers' metrics as pure functions: the official figure and a corrected one, side by side."""
