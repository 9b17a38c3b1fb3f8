"""The version of this package, which clients send along."""

__version__ = "0.1.0"
