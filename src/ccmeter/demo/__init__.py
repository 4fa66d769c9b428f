"""A made-up month of one developer, as transcripts: what `ccmeter report --demo` ingests."""

from ccmeter.demo.month import write_demo

__all__ = ["write_demo"]
