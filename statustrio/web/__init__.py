"""The site: what is broken now, the history, the log as a stream and an API. Needs the extra `web`; only reads."""
