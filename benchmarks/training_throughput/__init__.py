"""Both sides of benchmarks/bench_training.py: the rows, the models, our trainer and TRL's."""
