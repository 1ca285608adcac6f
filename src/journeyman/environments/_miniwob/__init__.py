"""MiniWoB++ as an environment: its tasks, its pages, and oracles that solve them by mouse and keyboard."""
