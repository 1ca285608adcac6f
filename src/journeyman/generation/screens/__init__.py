"""Data of GUI agents: screens with boxes, instructions about them, and episodes with an inner monologue."""
