"""Models of the accuracy benchmarks of labels, and what one would use instead."""
