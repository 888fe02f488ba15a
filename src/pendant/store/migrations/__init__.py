"""Alembic's folder: env.py and one file in versions/ for each revision of the tables."""
