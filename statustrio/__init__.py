"""statustrio follows the Atom and RSS feeds of status pages and tells what is new, once."""

__version__ = "0.1.0"
