"""DeepSpeed training of a vision-language model on kept trajectories."""
