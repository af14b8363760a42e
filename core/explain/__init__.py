"""Where a network looks: Grad-CAM."""
