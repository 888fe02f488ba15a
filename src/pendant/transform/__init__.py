"""What changes rows between a source and a destination."""
