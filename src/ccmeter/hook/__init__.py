"""What Claude Code's hooks say. Standard library only; the shell asks when there is something."""
