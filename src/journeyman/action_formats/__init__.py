"""Action formats: one file each, with one constant ``FORMAT``."""
