"""Errors that a user can act on. Bad transcript data is a Skip (model.py), not an exception."""


class CcmeterError(Exception):
    """One line for stderr: what failed and what to do. The command exits with 1."""

    exit_code = 1


class UsageError(CcmeterError):
    """The command was called in a way that has no meaning. It exits with 2."""

    exit_code = 2
