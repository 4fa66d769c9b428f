"""Reports to text and machine formats. Nothing is computed here."""
