"""The measures of `load.bench`: each compares the product with a baseline of the same run."""
