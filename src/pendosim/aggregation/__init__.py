"""The aggregation endpoint: envelope, sources, stages, answer."""
