"""The server around the app: middleware, memory, uploads, settings."""
