"""What is stored of rooms for the time after their lines are gone."""
