"""The state database: one file of functions for each noun. The only room that holds SQL.

`Database` gives transactions; every other function takes one as its first argument and knows no other state.
"""
