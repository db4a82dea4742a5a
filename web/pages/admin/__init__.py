"""The admin console. All its pages work without JavaScript."""
