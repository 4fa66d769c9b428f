"""Writing config.toml, and files that are replaced whole or not at all."""
