"""A model judges answers that no program can: both orders asked, every reply kept, agreement with people shown."""
