"""Datasets by name, and those that are made up."""
