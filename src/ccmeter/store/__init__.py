"""The SQLite database: rows and cursors in, rows out."""
