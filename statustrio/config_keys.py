"""What each key of providers.yaml means, in a sentence or two: the one source for the schema and for reference pages.

Which keys there are, and what they take, is in `config_rules`. Of types of consumers that other packages bring only the
keys are known that all types have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statustrio.config_rules import (
    AppriseItem,
    AtomItem,
    CommandItem,
    ConsumerItem,
    FileItem,
    HeartbeatItem,
    IcsItem,
    LimitsItem,
    ProviderItem,
    ProviderSettings,
    StdoutItem,
    WebhookItem,
    WebItem,
)

TOP = {
    "defaults": "Settings for every provider that does not give its own.",
    "providers": "The status pages to follow: ids of the catalog, or pages of your own with name and feed_url.",
    "consumers": "Where events go. Without this list they go to standard output.",
    "limits": "How much goes on at once, and by which transport.",
    "heartbeat": "A URL that is asked for (GET) while all is well, so that somebody else notices if the monitor dies.",
    "web": "Where the page, the API and the metrics are served (needs statustrio[web]): 127.0.0.1:8080.",
}
"""The keys of the file itself, in their usual order."""

ITEMS: Mapping[type, str] = {
    ProviderSettings: "What every provider takes unless it has its own value.",
    ProviderItem: "A status page. With the id of a page in the catalog, name and feed_url may be left out.",
    LimitsItem: "How much goes on at once, and by which transport.",
    HeartbeatItem: "The same, with how often.",
    WebItem: "The same, with the names of this host.",
    StdoutItem: "Events on standard output: for people on a terminal, as JSON lines elsewhere.",
    FileItem: "Events as JSON lines, appended to a file.",
    AtomItem: "One Atom feed of all that passes, in a file that is replaced as a whole.",
    IcsItem: "Planned work as a calendar, in a file that is replaced as a whole (needs statustrio[ics]).",
    WebhookItem: "A POST for each event.",
    CommandItem: "A program for each event, with the JSON line on its standard input.",
    AppriseItem: "Messages by mail, chat and a hundred services more (needs statustrio[apprise]).",
}
"""What an item is."""

_KEYS: Mapping[type, Mapping[str, str]] = {
    ProviderSettings: {
        "poll_interval_seconds": "Seconds between two polls; 10 or more for a host that is not this machine.",
        "open_poll_interval_seconds": "The same while an incident is open; by default 20, or the interval if less.",
        "timeout_seconds": "Seconds for a whole request, redirects and body included.",
        "max_backoff_seconds": "The longest pause after failures, which double it.",
        "headers": "Headers of each request. `${NAME}` in a value comes from the environment and is never shown.",
        "tags": "Your own words for the page; consumers can ask for them.",
        "platform": "Who made the page, where it is not recognised by itself.",
        "enrich": "Whether impact and components are looked up in the page's public JSON where its feed lacks them.",
        "enabled": "false: the page is not polled.",
        "keep_bodies": "How many documents that changed something are kept for `statustrio why`; 0 keeps none.",
    },
    ProviderItem: {
        "name": "What people call it.",
        "feed_url": "The address of its Atom or RSS feed. `${NAME}` comes from the environment and is never shown.",
        "id": "What programs call it: a-z, 0-9, `-` and `_`. By default made of the name; or an id of the catalog.",
    },
    LimitsItem: {
        "requests_in_flight": "Requests at the same time, to all hosts together. While others wait, one that has had no"
        " answer for a second is not counted.",
        "requests_per_host": "Requests at the same time to one host; this machine has no such limit.",
        "body_mib": "The largest document, in MiB after it was inflated.",
        "transport": "What carries requests: `own` is quick, `httpx` what everybody knows.",
    },
    HeartbeatItem: {
        "url": "Where to. `${NAME}` comes from the environment and is never shown.",
        "every": "How often, 1m or more.",
    },
    WebItem: {
        "listen": "Address and port; 0.0.0.0 is all addresses of this machine.",
        "hosts": "The names by which people reach it, beside its addresses and localhost.",
    },
    ConsumerItem: {
        "type": "What kind of place it is.",
        "id": "Its name in the database and on the command line; by default its type.",
        "workers": "Events delivered at the same time; those of one provider never overtake each other.",
        "from": "`start` begins with the oldest event; otherwise with what comes next.",
        "providers": "Only events of these providers, by id.",
        "tags": "Only events of providers with one of these tags.",
        "events": "Only these events; `incident.*` stands for all of a family.",
        "components": "Only incidents that name one of these components, or none.",
        "min_impact": "Only incidents at least so bad, or of unknown impact.",
        "match": "Only incidents whose title or a message matches this regular expression. A text that it"
        " takes too long on passes.",
        "hold": "Wait so long before an incident is told; if it is over by then, it is not told at all: 3m.",
        "max_age": "What is older when it could be told comes in one summary: 2h.",
        "repeat_window": "No second incident of the same title at the same provider within this time: 6h.",
        "remind_before": "Tell planned work once more so long before it begins: 24h.",
        "digest": "One summary a day, at this time of day here: 09:00.",
        "quiet_hours": "Nothing between these times of day here; one summary at their end: 22:00-07:00.",
    },
    StdoutItem: {},
    FileItem: {
        "path": "The file; its directory must be there. `${NAME}` comes from the environment.",
    },
    AtomItem: {
        "path": "The file of the feed; one that is none is not replaced. `${NAME}` comes from the environment.",
    },
    IcsItem: {
        "path": "The file of the calendar; one that is none is not replaced. `${NAME}` comes from the environment.",
    },
    WebhookItem: {
        "url": "Where to. `${NAME}` comes from the environment and is never shown.",
        "secret": "`whsec_` and base64: signs each request as Standard Webhooks asks. Better as `${NAME}`.",
        "shape": "The body that a chat service takes, instead of the JSON line.",
        "headers": "More headers, such as Authorization. `${NAME}` in a value comes from the environment.",
        "timeout_seconds": "Seconds for a whole request.",
    },
    CommandItem: {
        "argv": "The program and its arguments; no shell has a part in it. `${NAME}` comes from the environment.",
        "timeout_seconds": "Seconds until the program, and what it started, is ended.",
    },
    AppriseItem: {
        "urls": "The services, each by its URL of Apprise. `${NAME}` comes from the environment and is never shown.",
        "timeout_seconds": "Seconds for all services together.",
    },
}


def described(item: type) -> Iterator[tuple[str, str]]:
    """The keys of an item and what each means; its own first, then those it shares with others."""
    for cls in item.__mro__:
        yield from _KEYS.get(cls, {}).items()
