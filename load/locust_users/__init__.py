"""What the Locust scenarios share: users, the crowd they form, and its verdict."""
