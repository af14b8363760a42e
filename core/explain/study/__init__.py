"""Tables over all test images: heatmaps, their scores and checks."""
