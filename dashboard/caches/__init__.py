"""The only caches of the app."""
