"""Locust scenarios: one crowd a file; `python3 run.py locust -f load/scenarios/open_run.py`."""
