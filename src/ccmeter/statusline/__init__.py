"""The line below Claude Code's prompt. Standard library only, and little of that: see program."""
