"""Experiments on frozen features: embeddings, classifiers, protocols and their grid."""
