"""Download the dataset: all of it from Harvard Dataverse, or a sample from the ISIC Archive."""
