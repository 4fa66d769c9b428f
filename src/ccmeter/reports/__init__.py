"""Rows of the database to rows of a report. No printing, no clock."""
