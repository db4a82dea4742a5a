"""Limits: who may ask how often, counted before anything is read or verified."""
