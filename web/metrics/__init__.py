"""Metrics, as Prometheus reads them: names and units after its conventions, one file a subject."""
