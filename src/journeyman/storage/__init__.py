"""Where artifacts live: the only code that knows paths and talks to the object store."""
