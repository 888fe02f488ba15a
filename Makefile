# Placeholders are filled in as the rooms are built.
