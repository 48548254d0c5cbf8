"""Tables of the user and of TensorFlow Datasets: reading their columns."""
