"""Prediction: from the bytes of an image to probabilities and heatmaps, without TensorFlow."""
