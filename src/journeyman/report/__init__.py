"""What people read of a run: one HTML page, tables, and a summary in the terminal."""
