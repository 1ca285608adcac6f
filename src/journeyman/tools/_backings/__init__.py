"""What the user can set for a tool: local models and HTTP endpoints."""
