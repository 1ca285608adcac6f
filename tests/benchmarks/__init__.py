"""GTA and GAIA: the official data as they come, and what an attempt is worth."""
