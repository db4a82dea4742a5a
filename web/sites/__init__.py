"""Rooms in front of sites: their visitors, their passes, and what a site's proxy asks."""
