"""The audit of the prompt cache: stored requests in, what was found about them stored beside."""
