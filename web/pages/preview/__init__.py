"""The pages of a room in every state, with example numbers, by a signed link."""
