"""The command line: one file per noun, nothing but words, options and how results are shown."""
