# ruff: noqa: E501, INP001  a row of a table is one line; beside a script, no package
"""What the reference pages say beside what is made from the code, and what the code has only names for.

`reference.py` fails where something of the code has no meaning here, or something here is no longer in the code.
"""

from __future__ import annotations

EVENTS = {
    "incident.opened": "The first update of an incident that was not known. At first sight of a provider: one event, "
    "with the newest update, for each incident that is open there.",
    "incident.updated": "A further update.",
    "incident.resolved": "An update that ends it. An incident that the page only tells of afterwards gives this alone.",
    "incident.reopened": "A later update puts it back to work after it was over.",
    "incident.postmortem": "A postmortem, or text posted after the end. `status` stays `resolved`.",
    "incident.edited": "An update that was told already, or the title, was rewritten. `status`, `message` and "
    "`update_at` are those of the update that was edited, not where the incident stands now.",
    "incident.withdrawn": "The page took an open incident down, or cancelled it. That is not called resolved.",
    "maintenance.scheduled": "Work is planned that was not known.",
    "maintenance.started": "It has begun.",
    "maintenance.updated": "A further update of it.",
    "maintenance.completed": "It is done.",
    "maintenance.edited": "An update of it, or its title, was rewritten.",
    "maintenance.withdrawn": "It was taken down, or cancelled.",
    "provider.unreachable": "A page cannot be seen: three polls in a row failed, or none has succeeded for long. "
    "`message` says why.",
    "provider.recovered": "It sees it again.",
    "provider.gap": "Nothing that the feed shows is known, though the last one was not empty: updates may have been "
    "missed.",
    "provider.changed": "The page moved to another platform or host, or names its incidents otherwise.",
    "monitor.offline": "No provider can be connected to, of three or more: one event instead of one for each. "
    "`provider` is null.",
    "monitor.online": "One could be connected to again.",
    "monitor.summary": "Several events in one, for a consumer with `digest`, `quiet_hours` or `max_age`; `message` has "
    "a line for each. In no log.",
    "maintenance.reminder": "The newest event of planned work once more, for a consumer with `remind_before`. In no "
    "log.",
}
"""Events of the log, then those that are made for one consumer."""

FIELDS = {
    "v": "The version of this format, 1.",
    "timestamp": "When it was recorded.",
    "level": "`warning` or `info`; the table above says which.",
    "event": "What happened.",
    "seq": "Its place in the log: an integer that only grows, over the whole life of the database.",
    "id": "32 hexadecimal digits, the same whoever computes them. If an event ever comes twice, it has the same.",
    "provider": "The id of the provider; null where it concerns the monitor as a whole.",
    "provider_name": "What people call it.",
    "incident_id": "The same over the whole life of the incident.",
    "title": "The title of the incident.",
    "status": "Where the incident stands after this update: `investigating`, `identified`, `monitoring`, `resolved`; "
    "`scheduled`, `in_progress`, `verifying`, `completed`; `withdrawn`; `unknown`.",
    "previous_status": "That of the update before it; null for the first.",
    "impact": "`none`, `minor`, `major`, `critical` or `maintenance`; null where the page does not say.",
    "components": "What is affected, a list of `{name, status}`; null where the page does not say.",
    "message": "The text of the update, without markup.",
    "update_at": "When the vendor says that it was posted.",
    "started_at": "When the incident began.",
    "updated_at": "When it was last updated.",
    "url": "Its page.",
    "scheduled_until": "When planned work is to end. The events of planned work alone have this key.",
}

EXAMPLES = {
    "incident.opened": ("investigating", None, "Requests fail. We are investigating."),
    "incident.updated": ("identified", "investigating", "A bad deploy was found. It is being undone."),
    "incident.resolved": ("resolved", "identified", "All requests succeed again."),
    "incident.reopened": ("investigating", "resolved", "Requests fail again."),
    "incident.postmortem": ("resolved", "resolved", "The deploy lacked a test. It has one now."),
    "incident.edited": ("identified", "investigating", "Two bad deploys were found. They are being undone."),
    "incident.withdrawn": ("withdrawn", "investigating", None),
    "maintenance.scheduled": ("scheduled", None, "We will replace disks."),
    "maintenance.started": ("in_progress", "scheduled", "We have begun."),
    "maintenance.updated": ("verifying", "in_progress", "The disks are in. We are looking at them."),
    "maintenance.completed": ("completed", "verifying", "All is done."),
    "maintenance.edited": ("scheduled", None, "We will replace disks and cables."),
    "maintenance.withdrawn": ("withdrawn", "scheduled", "The work is put off."),
    "provider.unreachable": (None, None, "HTTP 503"),
    "provider.recovered": (None, None, "seen again"),
    "provider.gap": (None, None, "nothing that the page shows is known; updates may have been missed"),
    "provider.changed": (None, None, "statuspage at status.acme.example is now incidentio at status.acme.example"),
    "monitor.offline": (None, None, "no provider can be reached: this machine seems to be offline"),
    "monitor.online": (None, None, "providers can be reached again"),
    "monitor.summary": (
        None,
        None,
        "Acme Cloud: API requests are failing (identified)",
    ),
    "maintenance.reminder": ("scheduled", None, "We will replace disks."),
}
"""Status, status before, and message of a line made up for the page."""

COLUMNS = {
    "provider": "id of the provider",
    "incident_id": "id of the incident, unique within its provider",
    "kind": "`incident` or `maintenance`",
    "title": "as the page has it now",
    "status": "where it stands",
    "impact": "the worst that the page says; null: it does not say",
    "components": "names, separated by commas",
    "started_at": "when it began",
    "updated_at": "when it was last updated",
    "resolved_at": "when it ended; null while it has not",
    "duration_minutes": "from start to end, whole minutes; null while it has not ended",
    "update_count": "updates that the page shows",
    "last_seen_at": "when the feed last showed it",
    "url": "its page",
    "update_at": "when the update was posted; null where the page gives it no time",
    "message": "its text",
    "last_polled_at": "the last poll, at most 60 s old",
    "last_success_at": "the last poll that succeeded, at most 60 s old",
    "consecutive_failures": "polls in a row that failed",
    "last_error": "why the last one failed",
    "next_poll_at": "when the next one is due; null: never, the feed is gone",
    "seq": "its place in the log; never given twice",
    "timestamp": "when it was recorded",
    "event": "its name",
    "payload": "the JSON line as it was printed",
    "rule": "why there is this event, for `statustrio why`",
}

TABLES = {
    "incident_history": "Every incident and every piece of planned work that was ever seen.",
    "open_incidents": "Those of them that are open now, at providers that are configured. The columns are the same.",
    "incident_updates": "What was said of each, in the order of the page.",
    "provider_health": "How each configured provider is polled.",
    "events": "The log: what was told. A table, to which nothing but statustrio must write.",
}

QUERIES = {
    "What is open, worst first": """\
SELECT provider, impact, status, title, started_at FROM open_incidents
 ORDER BY CASE impact WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END, started_at""",
    "How long incidents last, by provider": """\
SELECT provider, count(*) AS incidents, round(avg(duration_minutes)) AS minutes, max(duration_minutes) AS longest
  FROM incident_history
 WHERE kind = 'incident' AND resolved_at IS NOT NULL
 GROUP BY provider ORDER BY minutes DESC""",
    "What was said of one incident": """\
SELECT u.update_at, u.status, u.message
  FROM incident_updates u JOIN incident_history h USING (provider, incident_id)
 WHERE h.title LIKE '%API requests%'
 ORDER BY u.update_at""",
    "Which days are bad days": """\
SELECT date(started_at) AS day, count(*) AS incidents FROM incident_history
 WHERE kind = 'incident' GROUP BY day ORDER BY incidents DESC LIMIT 10""",
    "How many minutes after its start an incident is recorded here": """\
SELECT provider, round(avg(julianday(timestamp) - julianday(payload ->> 'started_at')) * 1440, 1) AS minutes
  FROM events WHERE event = 'incident.opened' GROUP BY provider""",
    "Who cannot be seen": """\
SELECT provider, consecutive_failures, last_success_at, last_error FROM provider_health
 ORDER BY consecutive_failures DESC LIMIT 5""",
    "Every event of a day as a table": """\
SELECT seq, timestamp, event, provider, payload ->> 'title' AS title FROM events
 WHERE timestamp >= date('now', '-1 day') ORDER BY seq""",
}
"""What to ask the database, by a question; a test runs each."""

CONFIGURATION = """\
# Configuration

Every key of `providers.yaml`. `statustrio check` validates a file; `statustrio config schema` has the same for editors.
A key that is not known is a mistake: it is reported with its place, never ignored.

$top
## providers

A list. An item is the id of a page in the catalog (`statustrio catalog`), or a mapping of these keys. `name` and
`feed_url` are needed, unless `id` is one of the catalog.

$provider
These can stand under `defaults`, too, for every provider that has no value of its own.

$defaults
## consumers

A list of mappings; without it, standard output alone. Every consumer takes these keys;
[Consumers](../consumers.md#when-timing) says how timing works. `max_age`, `digest` and `quiet_hours` are not for `atom`
and `ics`, which keep incidents apart.

$shared
$consumers
## limits

How much goes on at once, and by which transport.

$limits
## heartbeat

`heartbeat: URL`, or a mapping. [Operation](../operation.md#heartbeat) says what it is good for.

$heartbeat
## web

`web: "127.0.0.1:8080"`, or a mapping. [The web page](../site.md) has the rest.

$web
"""

EVENTS_PAGE = """\
# Events

A JSON object a line, the same for every consumer: rendered once, stored, and printed as stored. All times are RFC 3339
in UTC. What is not known is `null`, not a guess.

## Names

$names
For each update that the feed showed there is one event, the oldest first. White space, markup or a new stamp alone are
no event.

## Fields

In this order, all of them in every line.

$fields
## Rules

Each event is made by one rule, which the database keeps and `statustrio why` tells. The names stay.

$rules
## A line of each

Made up for this page, rendered by the program.

$examples
"""

DATABASE = """\
# Database

A SQLite file, `statustrio.db`. Reading it never disturbs the daemon. Four views and the table `events` are for people,
and their meaning is what a version promises; every other table may change with the next one. Times are RFC 3339 text in
UTC. [`schema.sql`](../../schema.sql) is the whole of it.

$tables
## Queries

With `sqlite3` 3.38 or later. The tests run them as they stand here.

$queries
## Good to know

Views, indexes and triggers of your own are left alone. Copy the file with `statustrio backup`, not with `cp` while
a daemon runs. An older file is brought up to this schema at the start, and a copy is kept beside it; a newer one is
refused.
"""

HTTP = """\
# HTTP API

Read only, for programs, where [the web page](../site.md) is served. `/api/v1/openapi.json` is the same for tools that
make clients of it (OpenAPI 3.1). Times are RFC 3339 in UTC. A parameter that cannot be understood is answered with 400
and `error`.

$paths
## Objects

$objects
"""

COMMANDS_PAGE = """\
# Commands

$about

| command | does |
|---|---|
$list
## Options before the command

$options
Where there is no `providers.yaml` here, the one in `~/.config/statustrio` or `/etc/statustrio` is taken. Events and
results go to stdout, logs to stderr.

$examples
## Exit status

| status | means |
|---|---|
| 0 | done; also after Ctrl-C or SIGTERM, and when stdout is the only consumer and its reader went away |
| 1 | failed while running; `statustrio check --probe`: a feed cannot be read, or a consumer's file not written; `statustrio add`: a feed cannot be read; `statustrio health`: not well; `statustrio run --once`: an event is still owed |
| 2 | usage or configuration, or a database that cannot be opened (held by another daemon, foreign, newer) |
| 3 | a condition asked for does not hold: `statustrio status --fail-on major` |

$commands
## Completion

A shell completes commands, options and the ids of providers, consumers, pages and incidents, with a line in
`~/.bashrc`, in `~/.zshrc` (after `compinit`), or for fish once:

```sh
eval "$$(statustrio completion bash)"
source <(statustrio completion zsh)
statustrio completion fish > ~/.config/fish/completions/statustrio.fish
```
"""
