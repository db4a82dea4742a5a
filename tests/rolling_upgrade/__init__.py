"""A release before is replaced by this one, process by process, while a crowd waits."""
