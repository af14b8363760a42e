"""Server-side code around the app: middleware, memory, uploads, settings."""
