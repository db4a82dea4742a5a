"""A simulated crowd: members who enter, wait, and are told; then the verdict on what they saw."""
