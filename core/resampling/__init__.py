"""Resampling: strategies against class imbalance by name, and a count of what the notebook's SMOTE does."""
