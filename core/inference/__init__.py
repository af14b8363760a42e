"""Prediction: from a picture's bytes to probabilities and heatmaps, without TensorFlow."""
