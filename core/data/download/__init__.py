"""Download the dataset: all of it from Harvard Dataverse, or a sample from the ISIC Archive."""

DOI = "10.7910/DVN/DBW86T"
"""Of HAM10000 in Harvard Dataverse."""
