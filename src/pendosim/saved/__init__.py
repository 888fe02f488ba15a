"""A subscription as plain files: JSON and JSON Lines, to be read and edited by hand."""
