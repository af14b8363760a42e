"""Synthetic lesions: drawn from a model that is fitted on HAM10000."""
