"""The Grad-CAM page."""
