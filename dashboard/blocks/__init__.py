"""What the pages are made of: controls, charts and tables, block by block; a page only lays them out."""
