"""What the pages show: a folder a page, a file a tab; the scripts in app_pages only lay them out."""
