"""Processes: composes and runs each process: settings, logging, signals, servers, loops."""
