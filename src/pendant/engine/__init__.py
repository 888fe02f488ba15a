"""What happens when a run runs."""
