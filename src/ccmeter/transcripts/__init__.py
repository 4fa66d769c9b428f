"""First stages of the flow: transcript files to records."""
