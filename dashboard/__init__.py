"""The app: pages, charts, and what they share."""
