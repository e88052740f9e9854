"""`python -m statustrio`."""

from statustrio.cli.main import main

main()
