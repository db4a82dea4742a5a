"""The commands: the only room that composes settings, objects and processes."""
