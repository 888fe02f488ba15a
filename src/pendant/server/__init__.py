"""The one place where the doors of a browser and of a program become a server, behind the same protections."""
