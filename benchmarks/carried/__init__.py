"""What benchmarks/transfer_accuracy.py measures."""
