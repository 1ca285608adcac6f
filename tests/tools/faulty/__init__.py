"""A shelf of tools that go wrong, to see what the toolbox makes of it."""
