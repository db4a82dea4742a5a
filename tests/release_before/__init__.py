"""What the release before wrote, kept as it was, and how it is captured for the next one."""
