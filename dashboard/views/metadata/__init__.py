"""The metadata page."""
