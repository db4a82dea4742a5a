"""The interface held against what it says of itself in /openapi.json, by Schemathesis."""
