"""Tables as destinations, whatever database holds them: how rows give way, and how columns change over time."""
