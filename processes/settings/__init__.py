"""Settings: each process reads its environment once into a frozen, validated object."""
