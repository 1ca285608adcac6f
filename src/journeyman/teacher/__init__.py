"""The model that teaches: asked over HTTP, paid by the token, every answer kept."""
