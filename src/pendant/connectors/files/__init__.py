"""Files on this machine as destinations: Parquet, CSV and JSON Lines."""
