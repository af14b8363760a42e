"""Training: recipes, augmentation, batches, and training runs that can be resumed after an interruption."""
