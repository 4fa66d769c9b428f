"""BLAKE2b, without hashlib where that can be: it loads all of OpenSSL, in 2 ms and 4 MB."""

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter that keeps it elsewhere
    from hashlib import blake2b

__all__ = ["blake2b"]
