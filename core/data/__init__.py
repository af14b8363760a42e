"""HAM10000 on disk: reading, cleaning, splitting, fetching, counting, and synthetic stand-ins."""
