"""The commands: each reads its settings, and composes the objects of a process from them."""
