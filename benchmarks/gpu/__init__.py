"""What `accelerator.py` runs, each module in a process of its own."""
