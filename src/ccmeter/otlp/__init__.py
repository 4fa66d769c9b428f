"""Claude Code's own telemetry: every call it makes to the API, also those without a line."""
