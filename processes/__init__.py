"""How a process lives: settings, logging, signals, servers, and the composition of each."""
