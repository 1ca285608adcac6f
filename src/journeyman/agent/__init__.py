"""The loop that generation and evaluation share: thought, code, observation."""
