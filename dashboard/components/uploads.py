"""What is kept of a visitor's uploads besides the files."""

MANY = "classify-many"
"""Session state: several images that are being classified, reduced, and what came of them."""
