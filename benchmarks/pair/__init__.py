"""What `pair_speed.py` measures, each part in a process of its own."""
