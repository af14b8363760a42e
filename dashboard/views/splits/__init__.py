"""The splits page."""
