"""The classify page."""
