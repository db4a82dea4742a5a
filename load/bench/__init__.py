"""Benchmarks: the product measured beside a baseline of the same run."""
