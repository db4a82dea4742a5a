"""Metrics for Prometheus, by its naming conventions; one module per subject."""
