"""Training, evaluation and serving of HAM10000 classifiers; knows nothing of the dashboard."""
