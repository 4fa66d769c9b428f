"""Judging cache use: what was read back, what was written again, why, and what it cost. Pure."""
