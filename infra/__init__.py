"""What Journeyman runs on: the local stack and the images."""
