"""The background watcher: new transcript lines into the database within moments."""
