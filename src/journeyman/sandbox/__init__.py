"""Where code that an agent wrote runs: bubblewrap around it, a host that trusts nothing it says."""
