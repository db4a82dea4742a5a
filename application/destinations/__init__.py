"""What a line leads to: one package for each kind of room."""
