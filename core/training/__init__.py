"""Training: recipes as data, augmentation, batches, and the run that a kill cannot spoil."""
