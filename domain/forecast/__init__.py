"""What a sale will be like, by its numbers."""
