"""What the benchmarks of tasks of words share."""
