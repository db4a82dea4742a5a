"""The JSON interface, one module an audience."""
