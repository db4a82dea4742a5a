"""Load: simulated members (crowd, Locust scenarios, browsers), comparisons and benchmarks."""
