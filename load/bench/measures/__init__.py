"""The measures of `load.bench.__main__`: each compares the product with a baseline of the same
run.
"""
