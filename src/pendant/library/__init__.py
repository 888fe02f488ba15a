"""The door for Python programs: `pendant.open()` and `pendant.dlt_source()`."""
