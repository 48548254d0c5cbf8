"""Examples: what a dataset is, and where named and users' own datasets come from."""
