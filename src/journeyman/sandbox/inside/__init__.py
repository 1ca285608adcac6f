"""What runs inside bubblewrap: the standard library only, since nothing else of this package is visible there."""
