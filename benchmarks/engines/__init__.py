"""What benchmarks/engine_matrix.py runs on each engine."""
