"""HAM10000 on disk: reading, cleaning, splitting, downloading, counting, and near duplicates."""
