"""Verified trajectories become a published dataset."""
