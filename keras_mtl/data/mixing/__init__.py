"""From datasets to batches: streams, shares, lengths; and plain batches."""
