"""Witnesses of sites: the shipped proxies of deploy/passes before a shop, asking a real line."""
