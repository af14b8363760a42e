"""Heatmaps (Grad-CAM) and tests of their quality."""
