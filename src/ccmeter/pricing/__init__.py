"""Dated list prices and the arithmetic on them."""
