"""What `add` does between its arguments and the file: understands what is meant, looks at it, says what it found."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import click
import trio
from attrs import field, frozen

from statustrio.catalog import CatalogEntry, advice, find, load_catalog
from statustrio.cli.paragraphs import say
from statustrio.cli.settings import environment
from statustrio.cli.times import ago
from statustrio.config_edit import NewProvider
from statustrio.config_values import BadValueError, check_line, check_url, is_loopback, shown, url_key
from statustrio.dialing import install_resolver
from statustrio.discover import name_for
from statustrio.environment import Environment, FillError
from statustrio.feed.text import clean
from statustrio.fetch import Web, open_fetcher
from statustrio.find_feed import Found, NotFound, find_feed, look_at
from statustrio.listed import entry_at
from statustrio.logs import configure_logs
from statustrio.redaction import Redactor, without_password

TIMEOUT = 10.0
"""Seconds per request: somebody waits."""


@frozen
class Adding:
    """A page that somebody wants. `url` is to be fetched and has its `${NAME}` filled in, `written` goes to the file.

    What is printed is free of secrets, passwords and whatever steers a terminal.
    """

    entry: CatalogEntry | None
    url: str
    written: str
    name: str | None
    log_level: str
    _redactor: Redactor = field(factory=Redactor)

    @classmethod
    def of(cls, what: str, name: str | None, log_level: str) -> Adding:
        """What the arguments mean: an id or a name of the catalog, or an address. Raises UsageError."""
        try:
            if name is not None:
                check_line(name)
            if not re.search(r"[./:]|\$\{", what):
                return cls._of_catalog(what, name, log_level)
            variables = Environment(environment())
            filled = variables.fill(what)
            scheme = "" if "://" in filled else "http://" if is_loopback(_host(f"//{filled}")) else "https://"
            adding = cls(None, check_url(scheme + filled), scheme + what, name, log_level)
        except (BadValueError, FillError) as exc:
            raise click.UsageError(str(exc)) from exc
        adding._redactor.learn(variables.secrets)
        return adding

    @classmethod
    def _of_catalog(cls, word: str, name: str | None, log_level: str) -> Adding:
        entry = find(word)
        if entry is None:
            hint = advice(word)
            raise click.UsageError(f"{shown(word)} is not in the catalog{hint} A page of your own is added by its URL.")
        return cls(entry, entry.feed_url, entry.feed_url, name, log_level)

    @property
    def _is_secret(self) -> bool:
        return self.url != self.written

    def before(self) -> NewProvider:
        """What is to be added as far as it is known without a look."""
        return NewProvider(self.entry.id, self.name) if self.entry else NewProvider(feed_url=self.written)

    def after(self, found: Found) -> NewProvider:
        """What is to be added; a page that turned out to be in the catalog goes by its id."""
        if self._is_secret:
            return NewProvider.of_page(self.name or name_for(found.title, self.written), self.written)
        entry = self.entry or entry_at(found.url) or entry_at(found.asked)
        if entry is not None:
            return NewProvider(entry.id, self.name)
        return NewProvider.of_page(self.name or name_for(found.title, found.url), found.url)

    def look(self) -> Found | None:
        """Fetch it and say what it is; None, after the reasons were told, where no feed is found."""
        configure_logs(self.log_level, self._redactor)
        outcome = trio.run(self._look)
        if isinstance(outcome, NotFound):
            self._explain(outcome)
            return None
        self._describe(outcome)
        return outcome

    async def _look(self) -> Found | NotFound:
        install_resolver()
        async with open_fetcher(Web(), timeout=TIMEOUT) as fetcher:
            if self.entry is None and not self._is_secret:
                return await find_feed(fetcher, self.url, first=_known_feed(self.url), looking=self._looking)
            # what the catalog names is looked at alone; a secret must not end up in other addresses
            outcome = await look_at(fetcher, self.url)
            return outcome if isinstance(outcome, Found) else NotFound((outcome,))

    def _looking(self, url: str) -> None:
        if sys.stderr.isatty():
            self._say(f"looking at {url}", err=True)

    def _describe(self, found: Found) -> None:
        entries = f"{found.entries} {'entry' if found.entries == 1 else 'entries'}"
        newest = f", the newest {ago(found.newest, datetime.now(UTC))}" if found.newest else ""
        answers = "answers 304" if found.conditional else "does not answer 304, so each poll fetches all of it"
        url = self.written if self._is_secret else found.asked
        self._say(f"found {url}: {found.platform}, {entries}{newest}; {answers}")
        if found.url != found.asked:
            self._say(f"it has moved for good to {found.url}")
        if found.led_to:
            self._say(f"it leads to another host, {found.led_to}, but not for good")

    def _explain(self, outcome: NotFound) -> None:
        for one in outcome.tried:
            self._say(f"{self.written if one.url == self.url else one.url}: {one.reason}", err=True)
        if outcome.wall:
            self._say(f"This is {outcome.wall}.", err=True)
        instead = "; `--no-probe` adds it all the same" if self.entry else ""
        self._say(f"No feed could be read, nothing was added{instead}.", err=True)

    def _say(self, text: str, *, err: bool = False) -> None:
        say(clean(self._redactor.hide(without_password(text))), indent=2, err=err)


def _known_feed(url: str) -> tuple[str, ...]:
    """The feed of the page, if the catalog has this page once."""
    feeds = [one.feed_url for one in load_catalog().values() if url_key(one.status_page) == url_key(url)]
    return tuple(feeds) if len(feeds) == 1 else ()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # `[`, which check_url refuses in words
        return ""
