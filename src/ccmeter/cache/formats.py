"""The format in which `keep` writes what is remembered of a thread."""

KEPT = 2  # raised whenever a field or its meaning changes: then everything is judged anew
