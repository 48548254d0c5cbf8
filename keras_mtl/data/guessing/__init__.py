"""Looking at files: which columns are texts and labels, and what may be wrong with them."""
