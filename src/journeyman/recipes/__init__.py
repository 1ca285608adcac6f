"""One recipe a file: plugins and numbers, frozen."""
