"""The store: the log of events and all that is known. Everything that speaks SQL is in this package."""
