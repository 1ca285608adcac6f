"""A browser behind a wall: pages of our own, acted on by mouse and keyboard alone."""
