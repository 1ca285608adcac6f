"""Read the agent's documents: one reading for ``inspect_file`` and ``search_corpus``, one module a kind of file."""
