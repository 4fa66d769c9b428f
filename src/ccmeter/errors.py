"""Errors that a user can act on. Bad transcript data is a Skip (model.py), not an exception."""


class CcmeterError(Exception):
    """One line for stderr: what failed and what to do. The command exits with 1."""

    exit_code = 1


class UnwritableError(CcmeterError):
    """The data folder cannot be made, or no file can be made in it."""

    def __init__(self, home: str, error: OSError) -> None:
        super().__init__(
            f"cannot write into the data folder {home}: {error.strerror}. Make it writable, or set"
            " CCMETER_HOME to another folder."
        )


class UsageError(CcmeterError):
    """The command was called in a way that has no meaning. It exits with 2."""

    exit_code = 2
