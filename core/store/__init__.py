"""What lies in trained_models/: cards, predictions, results."""
