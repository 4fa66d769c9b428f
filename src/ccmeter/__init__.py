"""ccmeter meters Claude Code from the transcripts on disk."""
