"""One file a type: its spec, how it is written, and how it is opened again."""
