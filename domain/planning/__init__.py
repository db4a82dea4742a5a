"""What an admin plans before a room opens: its stage, and its rate step by step."""
