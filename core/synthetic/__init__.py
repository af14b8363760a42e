"""Synthetic lesions, drawn from a model fitted to HAM10000."""
