"""The tables over all test pictures: heatmaps, their scores and checks."""
