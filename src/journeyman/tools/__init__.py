"""Built-in tools, one file each, each with one constant ``TOOL``; ``_`` modules are what several share."""
