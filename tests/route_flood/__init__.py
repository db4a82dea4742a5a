"""Route flood: floods every route in turn, and measures how it affects others."""
