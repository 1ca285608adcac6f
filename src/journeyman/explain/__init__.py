"""What a model is really shown of a row, and whether anything of the row is lost on the way."""
