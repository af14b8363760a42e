"""The app's caches; no other folder may cache."""
