"""Crowds for engineers: Locust scenarios and real browsers, all sent through the real entrance."""
