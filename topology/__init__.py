"""Topology: which server a connection to a store goes to. Everything else opens stores by a URL."""
