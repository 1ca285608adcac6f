"""Every record kind that is stored: one file a record."""
