"""What `ccmeter setup` writes: into Claude Code's settings.json, and into the data folder."""
