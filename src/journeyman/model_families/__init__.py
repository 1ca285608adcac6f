"""One family of vision-language models a file."""
