"""Stable numbers for texts that would be too large as keys."""

from ccmeter.digests import blake2b

HASH_BYTES = 6  # of each message's hash that are kept: enough to see a change


def hash63(text: str) -> int:
    """Return a positive 63-bit number that is the same for the text everywhere and always."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def hash48(text: str) -> int:
    """Return a positive 48-bit number: six bytes in a row instead of eight, for file ids."""
    return hash63(text) >> 15
