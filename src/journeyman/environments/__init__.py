"""One environment a file: tasks on pages that judge themselves."""
