"""Downloads of the dataset: all of it from Harvard Dataverse, a sample from the ISIC Archive."""
