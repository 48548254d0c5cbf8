"""From texts to token ids, alike in Python and in an exported graph."""
