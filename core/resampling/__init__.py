"""Answers to class imbalance: strategies by name, and the notebook's own balancing counted."""
