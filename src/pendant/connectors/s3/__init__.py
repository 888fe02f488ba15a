"""Objects in a bucket as destinations."""
