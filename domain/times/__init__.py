"""Time zones of a site, and durations as people write them."""
