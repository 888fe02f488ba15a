"""The verbs: one module per noun. Each function checks the permission, acts, and leaves an audit entry."""
