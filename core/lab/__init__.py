"""The lab: small classifiers on frozen features, trained on resampled rows under right and wrong protocols."""
