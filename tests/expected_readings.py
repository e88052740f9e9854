"""What the sample feeds in ../shared/feeds say, read off the files by eye and with string work alone.

A second opinion on the platforms' readers: no line here comes from a reader, and none is changed to please one. It
holds no texts, only the ids, times and names on which the two must agree, and the first words of an update.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Told:
    """One update: when it was posted (None: the file does not say), its label, and how its text begins."""

    at: str | None
    label: str
    begins: str


@frozen(kw_only=True)
class ExpectedEntry:
    """An entry of a feed of few entries, its updates oldest first.

    `incident_id` is None where only a hash can tell the entry apart. Of the components only the names stand here.
    """

    incident_id: str | None
    kind: str = "incident"
    title: str
    updates: tuple[Told, ...]
    started_at: str | None = None
    updated_at: str | None
    impact: str | None = None
    components: tuple[str, ...] | None = None


@frozen
class ExpectedTimeline:
    """A Statuspage entry in short: how many updates, their labels oldest first, the times of the outermost two."""

    incident_id: str
    kind: str
    count: int
    labels: str
    oldest: str
    newest: str
    updated_at: str


@frozen
class ExpectedFeed:
    """A sample file: its path below ../shared/feeds, whose feed it is, its entries in the order of the document."""

    file: str
    platform: str
    entries: tuple[ExpectedEntry | ExpectedTimeline, ...]


LABELS = {
    "I": "investigating",
    "D": "identified",
    "M": "monitoring",
    "U": "update",
    "R": "resolved",
    "P": "postmortem",
    "S": "scheduled",
    "A": "in_progress",
    "V": "verifying",
    "C": "completed",
}
"""The letters in the table of Statuspage's entries."""


def _timelines(table: str) -> tuple[ExpectedTimeline, ...]:
    """A line per entry: id, kind, number of updates, a letter for each, oldest, newest, updated (all in UTC)."""
    rows = [line.split() for line in table.splitlines() if line.strip()]
    return tuple(
        ExpectedTimeline(
            incident_id=incident_id,
            kind=kind,
            count=int(count),
            labels=" ".join(LABELS[letter] for letter in letters),
            oldest=f"{oldest}Z",
            newest=f"{newest}Z",
            updated_at=f"{updated_at}Z",
        )
        for incident_id, kind, count, letters, oldest, newest, updated_at in rows
    )


EXCLUDED = {
    "html/streamyard__1.html": "a page, no feed: it is refused",
    "series/github/*.atom": "420 versions of one feed: test_github_series.py reads them all",
    "series/motherduck/*.xml": "12 versions of one feed: only its platform is told, below",
    "statuspage_json/github/*.json": "answers of an API, no feeds",
}
"""Samples without an expected reading, and why: patterns of paths."""

SERIES = {"series/github/*.atom": "statuspage", "series/motherduck/*.xml": "pagerduty"}
"""Series of versions of one feed, and whose feed it is."""


# One entry per update: the id is the subject (the guid's fragment without its time), which detection completes.
_AWS = (
    ExpectedFeed(
        "aws/aws__1.rss",
        "aws",
        (
            ExpectedEntry(
                incident_id="s3-us-standard",
                title="Increased Error Rates",
                updates=(Told("2017-02-28T22:11:00Z", "resolved", "As of 1:49 PM"),),
                updated_at="2017-02-28T22:11:00Z",
                impact="major",
                components=("s3-us-standard",),
            ),
            ExpectedEntry(
                incident_id="s3-us-standard",
                title="Increased Error Rates",
                updates=(Told("2017-02-28T21:13:00Z", "resolved", "S3 object retrieval, listing"),),
                updated_at="2017-02-28T21:13:00Z",
                impact="major",
                components=("s3-us-standard",),
            ),
        ),
    ),
    ExpectedFeed(
        "aws/aws__2.rss",
        "aws",
        (
            ExpectedEntry(
                incident_id="internetconnectivity-us-gov-west-1",
                title="Internet Connectivity",
                updates=(Told("2021-12-15T20:16:32Z", "resolved", "Between 7:14 AM PST"),),
                updated_at="2021-12-15T20:16:32Z",
                components=("internetconnectivity", "us-gov-west-1"),
            ),
            ExpectedEntry(
                incident_id="internetconnectivity-us-gov-west-1",
                title="Internet Connectivity",
                updates=(Told("2021-12-15T16:10:17Z", "resolved", "We have resolved the"),),
                updated_at="2021-12-15T16:10:17Z",
                components=("internetconnectivity", "us-gov-west-1"),
            ),
        ),
    ),
    ExpectedFeed("aws/aws__5.rss", "aws", ()),
)

# The two captures of one incident have the same pubDate although the text is another one.
_AZURE = (
    ExpectedFeed("azure/azure__1.xml", "azure", ()),
    ExpectedFeed(
        "azure/azure__2.xml",
        "azure",
        (
            ExpectedEntry(
                incident_id="issues-connecting-to-resources-in-west-us",
                title="Issues connecting to resources in West US",
                updates=(Told("2026-07-23T16:29:09Z", "investigating", "Starting at 14:44 UTC"),),
                started_at="2026-07-23T16:29:09Z",
                updated_at="2026-07-23T16:29:09Z",
                components=("Network Infrastructure", "West US"),
            ),
        ),
    ),
    ExpectedFeed(
        "azure/azure__3.xml",
        "azure",
        (
            ExpectedEntry(
                incident_id="issues-connecting-to-resources-in-west-us",
                title="Issues connecting to resources in West US",
                updates=(Told("2026-07-23T16:29:09Z", "investigating", "Starting at approximately 14:44"),),
                started_at="2026-07-23T16:29:09Z",
                updated_at="2026-07-23T16:29:09Z",
                components=(
                    "API Management",
                    "App Service",
                    "Azure Active Directory B2C",
                    "Azure Databricks",
                    "Azure Firewall",
                    "Azure Kubernetes Service (AKS)",
                    "Azure Cognitive Search",
                    "Azure VMware Solutions",
                    "Speech Services",
                    "ExpressRoute Circuits",
                    "ExpressRoute Gateways",
                    "Network Infrastructure",
                    "Power BI Embedded",
                    "Virtual WAN",
                    "West US",
                ),
            ),
        ),
    ),
)

_BETTERSTACK = (
    ExpectedFeed(
        "betterstack/example__1.rss",
        "betterstack",
        (
            ExpectedEntry(
                incident_id="/incident/100",
                title="File uploads",
                updates=(Told("2026-05-16T12:00:00Z", "resolved", "File uploads have been"),),
                updated_at="2026-05-16T12:00:00Z",
            ),
            ExpectedEntry(
                incident_id="/incident/100",
                title="File uploads",
                updates=(Told("2026-05-16T11:00:00Z", "investigating", "We are investigating issues"),),
                updated_at="2026-05-16T11:00:00Z",
            ),
            ExpectedEntry(
                incident_id="/incident/200",
                title="API errors",
                updates=(Told("2026-05-16T09:30:00Z", "unknown", "We are seeing elevated"),),
                updated_at="2026-05-16T09:30:00Z",
            ),
            ExpectedEntry(  # "resolved" within the title is no state
                incident_id="/incident/1",
                title="Ancient resolved incident",
                updates=(Told("2024-01-01T09:00:00Z", "unknown", "Long ago resolved incident"),),
                updated_at="2024-01-01T09:00:00Z",
            ),
        ),
    ),
    ExpectedFeed(
        "betterstack/langdock__1.rss",
        "betterstack",
        (
            ExpectedEntry(
                incident_id="aaa111",
                title="Workflows Runtime went down",
                updates=(Told("2026-07-29T06:54:56Z", "resolved", "Workflows Runtime recovered"),),
                updated_at="2026-07-29T06:54:56Z",
                components=("Workflows Runtime",),
            ),
            ExpectedEntry(
                incident_id="aaa111",
                title="Workflows Runtime went down",
                updates=(Told("2026-07-29T06:44:18Z", "investigating", "Workflows Runtime went down"),),
                updated_at="2026-07-29T06:44:18Z",
                components=("Workflows Runtime",),
            ),
            ExpectedEntry(
                incident_id="bbb222",
                title="Chat API went down",
                updates=(Told("2026-07-29T05:00:00Z", "investigating", "Chat API went down"),),
                updated_at="2026-07-29T05:00:00Z",
                components=("Chat API",),
            ),
        ),
    ),
)

_CHECKLY = (
    ExpectedFeed(
        "checkly/mistral__1.rss",
        "checkly",
        (
            ExpectedEntry(
                incident_id="4c854daa",
                title="Audio API Degraded",
                updates=(Told("2026-07-26T02:47:40Z", "resolved", "The incident has been"),),
                updated_at="2026-07-26T02:47:40Z",
                components=("Audio API",),
            ),
            ExpectedEntry(
                incident_id="4c854daa",
                title="Audio API Degraded",
                updates=(Told("2026-07-26T02:46:53Z", "investigating", "Requests are degraded."),),
                updated_at="2026-07-26T02:46:53Z",
                components=("Audio API", "Chat API"),
            ),
        ),
    ),
)

_CSTATE = (
    ExpectedFeed(
        "cstate/polargalaxy__1.xml",
        "cstate",
        (
            ExpectedEntry(
                incident_id="/post/dns-catastrophy/",
                title="Catastrophic DNS failure",
                updates=(Told("2017-04-04T00:00:00Z", "unknown", "A DNS change of"),),
                started_at="2017-04-04T00:00:00Z",
                updated_at="2017-04-04T00:00:00Z",
            ),
        ),
    ),
)

# Only the newest update has a time: that of the entry.
_DATOCMS = (
    ExpectedFeed(
        "datocms/datocms__1.atom",
        "datocms",
        (
            ExpectedEntry(
                incident_id="2019-01-17-master-database-maintenance",
                kind="maintenance",
                title="Master Database Maintenance",
                updates=(
                    Told(None, "scheduled", "We will perform some"),
                    Told("2018-07-16T13:46:00Z", "completed", "All systems are back"),
                ),
                updated_at="2018-07-16T13:46:00Z",
            ),
            ExpectedEntry(
                incident_id="2019-01-17-low-level-of-5xx-errors-from-content-management-api",
                title="Low Level Of 5xx Errors From Content Management API",
                updates=(
                    Told(None, "investigating", "We are seeing a"),
                    Told("2018-06-28T11:45:00Z", "resolved", "This incident has been"),
                ),
                updated_at="2018-06-28T11:45:00Z",
            ),
        ),
    ),
)

_FLASHDUTY = (
    ExpectedFeed(
        "deepseek/deepseek__1.atom",
        "flashduty",
        (
            ExpectedEntry(
                incident_id="qwe456",
                title="API access disruption",
                updates=(Told("2026-06-24T12:30:00Z", "resolved", "服务已恢复正常"),),
                started_at="2026-06-24T12:00:00Z",
                updated_at="2026-06-24T12:30:00Z",
            ),
        ),
    ),
)

_GCP = (
    ExpectedFeed(
        "gcp/gcp__1.atom",
        "gcp",
        (
            ExpectedEntry(
                incident_id="B1hD4KAtcxiyAWkcANfV",
                title="Global: Cloud Monitoring Metrics may be unavailable or underreported for Cloud Pub/Sub",
                updates=(Told("2022-04-01T20:13:25Z", "resolved", "We apologize for the"),),
                started_at="2022-03-31T15:30:00Z",  # 08:30 US/Pacific, in summer time
                updated_at="2022-04-01T20:13:25Z",
                components=("Cloud Monitoring", "Operations", "Google Cloud Pub/Sub"),
            ),
        ),
    ),
)

# Prose alone: no word of a state that the generic reader knows, German ones included.
_GENERIC = (
    ExpectedFeed(
        "hostile/meraki-handmade__1.rss",
        "generic",
        (
            ExpectedEntry(  # guid and link are the bare root of the page
                incident_id=None,
                title="Meraki Status Test Message2",
                updates=(Told("2026-03-23T18:05:00Z", "unknown", "test"),),
                started_at="2026-03-23T18:05:00Z",
                updated_at="2026-03-23T18:05:00Z",
            ),
        ),
    ),
    ExpectedFeed(
        "hostile/metanet__1.rss",
        "generic",
        (
            ExpectedEntry(  # a Wednesday, whatever the file says
                incident_id="/status/12345",
                title="Betriebsunterbruch Webhosting Server 42",
                updates=(Told("2026-04-15T08:00:00Z", "unknown", "Aktuell gibt es Probleme"),),
                started_at="2026-04-15T08:00:00Z",
                updated_at="2026-04-15T08:00:00Z",
            ),
            ExpectedEntry(
                incident_id="/status/12344",
                title="Stoerung DNS behoben",
                updates=(Told("2026-04-14T16:00:00Z", "unknown", "Die DNS-Stoerung wurde behoben."),),
                started_at="2026-04-14T16:00:00Z",
                updated_at="2026-04-14T16:00:00Z",
            ),
            ExpectedEntry(
                incident_id="/status/12343",
                title="Geplante Wartungsarbeiten am 20. April",
                updates=(Told("2026-04-14T10:00:00Z", "unknown", "Am 20. April"),),
                started_at="2026-04-14T10:00:00Z",
                updated_at="2026-04-14T10:00:00Z",
            ),
        ),
    ),
)

_HUND = (
    ExpectedFeed(
        "hund/example__1.atom",
        "hund",
        (
            ExpectedEntry(
                incident_id="aaa111",
                kind="maintenance",
                title="Maintenance Window",
                updates=(Told("2026-05-16T15:30:00Z", "completed", "Done."),),
                started_at="2026-05-16T14:00:00Z",
                updated_at="2026-05-16T15:30:00Z",
            ),
            ExpectedEntry(
                incident_id="bbb222",
                title="Login failures",
                updates=(Told("2026-05-16T13:00:00Z", "investigating", "Still investigating."),),
                started_at="2026-05-16T13:00:00Z",
                updated_at="2026-05-16T13:00:00Z",
            ),
            ExpectedEntry(
                incident_id="ccc333",
                title="Störung Webhosting",
                updates=(Told("2026-05-15T16:30:00Z", "resolved", "Fertig."),),
                started_at="2026-05-15T16:00:00Z",
                updated_at="2026-05-15T16:30:00Z",
            ),
            ExpectedEntry(
                incident_id="ddd444",
                kind="maintenance",
                title="Wartungsfenster",
                updates=(Told("2026-05-15T10:00:00Z", "completed", "Beendet."),),
                started_at="2026-05-15T10:00:00Z",
                updated_at="2026-05-15T10:00:00Z",
            ),
            ExpectedEntry(
                incident_id="eee555",
                title="Neuer Service verfügbar",
                updates=(Told("2026-05-15T08:00:00Z", "unknown", "Info."),),
                started_at="2026-05-15T08:00:00Z",
                updated_at="2026-05-15T08:00:00Z",
            ),
        ),
    ),
)

# The start is the time in the ULID, worked out apart from the reader.
_INCIDENTIO = (
    ExpectedFeed(
        "incidentio/openai__1.atom",
        "incidentio",
        (
            ExpectedEntry(
                incident_id="01KHYH2KT8VNWS146V0S09MF29",
                title="Increased latency in ChatGPT for some users",
                updates=(Told("2026-02-20T22:44:27.567Z", "resolved", "All impacted services have"),),
                started_at="2026-02-20T22:00:12.360Z",
                updated_at="2026-02-20T22:44:27.567Z",
                components=("Conversations",),
            ),
            ExpectedEntry(
                incident_id="01KHRP7P1JF885BYA8SDWBDBR1",
                title="Sora 2 Degraded Performance",
                updates=(Told("2026-02-18T16:40:22.657Z", "resolved", "All impacted services have"),),
                started_at="2026-02-18T15:34:54.770Z",
                updated_at="2026-02-18T16:40:22.657Z",
                components=("Video generation",),
            ),
        ),
    ),
    ExpectedFeed(
        "incidentio/openai__3.atom",
        "incidentio",
        (
            ExpectedEntry(  # its components stand in the summary alone; its start is a millisecond late
                incident_id="01M1KWEDH417T2CF44YYHZDFCR",
                title="Elevated errors across ChatGPT and Codex",
                updates=(Told("2026-09-03T14:58:23.907Z", "investigating", "We are investigating."),),
                started_at="2026-09-03T14:58:23.907Z",
                updated_at="2026-09-03T14:58:23.907Z",
                components=("Search",),
            ),
            ExpectedEntry(  # too short for a ULID
                incident_id="01M1K0",
                title="Increased latency on the Responses API",
                updates=(Told("2026-09-02T10:00:00Z", "resolved", "This incident has been"),),
                updated_at="2026-09-02T10:00:00Z",
            ),
        ),
    ),
)

_INSTATUS = (
    ExpectedFeed(
        "instatus/instatus__1.atom",
        "instatus",
        (
            ExpectedEntry(
                incident_id="cljsng54g12299p2nakme751cp",
                title="Partial outage to the dashboard, API and private pages",
                updates=(Told("2023-07-07T13:20:00Z", "resolved", "Issues are now resolved."),),
                started_at="2023-07-07T12:50:00Z",
                updated_at="2023-07-07T13:20:00Z",
                components=(
                    "Dashboard",
                    "Discord",
                    "API",
                    "Slack",
                    "Webhooks",
                    "SMS",
                    "RSS & Atom",
                    "Maintenance Automations",
                    "Email",
                    "Private status pages",
                    "Microsoft Teams",
                ),
            ),
        ),
    ),
)

# The blocks say May, pubDate says October: the blocks are the updates.
_LAMBSTATUS = (
    ExpectedFeed(
        "lambstatus/demo-status__1.rss",
        "lambstatus",
        (
            ExpectedEntry(
                incident_id="7pEQuSc083Rv",
                kind="maintenance",
                title="Network maintenance",
                updates=(Told("2017-05-13T06:45:00Z", "scheduled", "We will perform network"),),
                updated_at="2017-05-13T06:45:00Z",
            ),
            ExpectedEntry(
                incident_id="bqoDstalneID",
                title="DNS resolution issues",
                updates=(
                    Told("2017-05-13T06:41:00Z", "investigating", "We are investigating DNS"),
                    Told("2017-05-13T06:42:00Z", "monitoring", "We have migrated to"),
                    Told("2017-05-13T06:50:00Z", "monitoring", "We are observing normal"),
                ),
                started_at="2017-05-13T06:41:00Z",
                updated_at="2017-05-13T06:50:00Z",
            ),
            ExpectedEntry(  # two of one minute: the file has the later one first
                incident_id="A8fMkUJ4fiuQ",
                title="Delayed webhook deliveries",
                updates=(
                    Told("2017-05-13T06:40:00Z", "investigating", "We're investigating delayed"),
                    Told("2017-05-13T06:40:00Z", "investigating", "We're continuing to investigate"),
                    Told("2017-05-13T06:41:00Z", "resolved", "Everything operating normally."),
                ),
                started_at="2017-05-13T06:40:00Z",
                updated_at="2017-05-13T06:41:00Z",
            ),
        ),
    ),
)

# The id is the subject. "Available" is the end of trouble, whatever the words about active incidents below it.
_M365 = (
    ExpectedFeed(
        "m365/m365__1.rss",
        "m365",
        (
            ExpectedEntry(
                incident_id="Microsoft Admin Center",
                title="Microsoft Admin Center",
                updates=(Told("2026-04-04T04:33:00Z", "resolved", "Available"),),
                updated_at="2026-04-04T04:33:00Z",
                components=("Microsoft Admin Center",),
            ),
        ),
    ),
)

_SLACK = (
    ExpectedFeed(
        "slack/slack__1.atom",
        "slack",
        (
            ExpectedEntry(
                incident_id="/2026-01/6f029c99f2b77bcd",
                title="Trouble connecting to Salesforce Channels",
                updates=(Told("2026-02-02T17:53:54Z", "resolved", "This issue is now resolved. Scope:"),),
                started_at="2026-01-30T15:52:19Z",
                updated_at="2026-02-02T17:53:54Z",
            ),
            ExpectedEntry(
                incident_id="/2026-01/aaaa",
                kind="maintenance",
                title="Scheduled maintenance",
                updates=(Told("2026-01-10T10:00:00Z", "scheduled", "Nothing to see."),),
                updated_at="2026-01-10T10:00:00Z",
            ),
        ),
    ),
    ExpectedFeed(
        "slack/slack__3.rss",
        "slack",
        (
            ExpectedEntry(
                incident_id="/2025-12/a8c230d2dfa1ac93",
                title="Issues loading or viewing threads",
                updates=(Told("2025-12-18T16:44:51Z", "unknown", "From 7:12 AM to"),),
                updated_at="2025-12-18T16:44:51Z",
            ),
        ),
    ),
)

_STATUSIO = (
    ExpectedFeed(
        "statusio/docker__1.rss",
        "statusio",
        (
            ExpectedEntry(
                incident_id="6a216c468614df05b0372d0d",
                title="Customers are experiencing Image push webhooks not firing as expected",
                updates=(
                    Told("2026-06-04T12:15:00Z", "investigating", "We are aware of"),
                    Told("2026-06-04T13:43:00Z", "resolved", "The issue is now"),
                ),
                started_at="2026-06-04T12:15:00Z",
                updated_at="2026-06-04T13:43:08Z",
            ),
            ExpectedEntry(
                incident_id="6a0ec04beac9dc05ffa1f136",
                kind="maintenance",
                title="Scheduled Database Maintenance",
                updates=(
                    Told("2026-05-28T14:00:00Z", "in_progress", "Scheduled maintenance is now"),
                    Told("2026-05-28T16:00:00Z", "completed", "Scheduled maintenance has been"),
                ),
                started_at="2026-05-28T14:00:00Z",
                updated_at="2026-05-28T16:00:05Z",
            ),
        ),
    ),
)

_XAI_TITLE = "Imagine Video 1.5 is experiencing lower success rate and higher latency"
_XAI = (
    ExpectedFeed(
        "xai/xai__1.xml",
        "xai",
        (
            ExpectedEntry(
                incident_id="INC548339c6",
                title=f"[API (us-west-2.api.x.ai)] {_XAI_TITLE}",
                updates=(
                    Told("2026-07-07T15:40:26Z", "investigating", "We are currently investigating"),
                    Told("2026-07-07T16:37:02Z", "resolved", "The incident has been"),
                ),
                started_at="2026-07-07T15:40:26Z",
                updated_at="2026-07-07T16:37:02Z",
                components=("API (us-west-2.api.x.ai)",),
            ),
            ExpectedEntry(
                incident_id="INC5068f51b",
                title=f"[API (eu-west-1.api.x.ai)] {_XAI_TITLE}",
                updates=(
                    Told("2026-07-07T15:36:32Z", "investigating", "We are investigating the"),
                    Told("2026-07-07T16:38:07Z", "resolved", "The incident has been"),
                ),
                started_at="2026-07-07T15:36:32Z",
                updated_at="2026-07-07T16:38:07Z",
                components=("API (eu-west-1.api.x.ai)",),
            ),
            ExpectedEntry(
                incident_id="INC3d7f8a82",
                title=f"[API (us-east-1.api.x.ai)] {_XAI_TITLE}",
                updates=(
                    Told("2026-07-07T15:35:34Z", "investigating", "We are investigating the"),
                    Told("2026-07-07T16:35:50Z", "resolved", "The incident has been"),
                ),
                started_at="2026-07-07T15:35:34Z",
                updated_at="2026-07-07T16:35:50Z",
                components=("API (us-east-1.api.x.ai)",),
            ),
        ),
    ),
)

# RSS has no time of the last edit: there it is that of the newest update.
_STATUSPAGE = (
    ExpectedFeed(
        "statuspage/digitalocean__1.atom",
        "statuspage",
        _timelines(
            """
            w4j2nj1trtsg incident 3 DMR 2019-10-29T15:05 2019-10-30T23:05 2019-10-30T23:05:12
            gj38s895n48k incident 3 DMR 2019-10-29T19:31 2019-10-29T21:25 2019-10-29T21:25:12
            hc7t78cryhph incident 4 IUUR 2019-10-29T08:23 2019-10-29T12:32 2019-10-29T12:32:58
            tt9788g09p8s incident 4 IDMR 2019-10-26T06:33 2019-10-26T10:34 2019-10-26T10:34:41
            ldq50pyhbn0s incident 4 IDMR 2019-10-25T09:11 2019-10-26T02:02 2019-10-26T02:02:53
            l9rrfkfrdhnd incident 4 IDMR 2019-10-24T13:40 2019-10-24T22:57 2019-10-24T22:57:40
            1z3kmlvz69v6 incident 6 IMUUUR 2019-10-22T11:40 2019-10-24T20:45 2019-10-24T20:45:31
            ltkmvn9p2xws incident 4 IDMR 2019-10-22T01:16 2019-10-22T20:08 2019-10-22T20:08:09
            zrrxj30tgydb incident 4 IDMR 2019-10-22T15:26 2019-10-22T19:28 2019-10-22T19:28:50
            zns0nnxrrvkf incident 3 IMR 2019-10-21T21:29 2019-10-21T22:29 2019-10-21T22:29:59
            sb6p4w9ksqlg incident 4 IDMR 2019-10-19T10:56 2019-10-19T17:04 2019-10-19T17:04:43
            t3mfzm7cm1t7 incident 2 MR 2019-10-19T09:13 2019-10-19T09:42 2019-10-19T09:42:08
            yv9hv21br0kf incident 4 IDMR 2019-10-18T12:07 2019-10-18T13:25 2019-10-18T13:25:09
            b2t9d3swr62p incident 3 IDR 2019-10-12T10:04 2019-10-12T12:54 2019-10-12T12:54:51
            2y8x7pdjvtrz incident 4 IDMR 2019-10-10T17:44 2019-10-10T21:01 2019-10-10T21:01:26
            kkfb5fbgcrpt incident 3 IMR 2019-10-09T15:22 2019-10-09T17:09 2019-10-09T17:09:36
            g4h15s1jcbmy maintenance 3 SAC 2019-10-08T05:51 2019-10-08T13:23 2019-10-08T13:23:39
            bqd31p7jk1pt incident 4 IDMR 2019-10-07T23:26 2019-10-08T00:48 2019-10-08T00:48:16
            7kwln6lgly2l incident 3 IDR 2019-10-03T20:58 2019-10-03T22:00 2019-10-03T22:00:49
            7hjvqpg9rj5k incident 3 IMR 2019-10-02T17:48 2019-10-02T20:02 2019-10-02T20:02:51
            p0zsvfwmc9zl incident 3 IMR 2019-10-01T19:04 2019-10-01T21:32 2019-10-01T21:32:04
            g76kgjxqrzxs incident 7 DUUUMUR 2019-09-30T21:25 2019-10-01T03:41 2019-10-04T15:42:54
            y24w0s00jhmq incident 6 DUUUMR 2019-09-30T21:58 2019-10-01T01:37 2019-10-01T01:37:41
            x56l9t6z3qm8 incident 5 IUDMR 2019-09-28T09:58 2019-09-28T20:08 2019-09-28T20:08:10
            yvwsxjgdjchx incident 2 MR 2019-09-27T18:49 2019-09-27T19:33 2019-09-27T19:33:15
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/digitalocean__2.atom",
        "statuspage",
        _timelines(
            """
            2440tjssv61q incident 2 ID 2019-10-31T16:21 2019-10-31T18:21 2019-10-31T18:21:51
            w4j2nj1trtsg incident 3 DMR 2019-10-29T15:05 2019-10-30T23:05 2019-10-30T23:05:12
            gj38s895n48k incident 3 DMR 2019-10-29T19:31 2019-10-29T21:25 2019-10-29T21:25:12
            hc7t78cryhph incident 4 IUUR 2019-10-29T08:23 2019-10-29T12:32 2019-10-29T12:32:58
            tt9788g09p8s incident 4 IDMR 2019-10-26T06:33 2019-10-26T10:34 2019-10-26T10:34:41
            ldq50pyhbn0s incident 4 IDMR 2019-10-25T09:11 2019-10-26T02:02 2019-10-26T02:02:53
            l9rrfkfrdhnd incident 4 IDMR 2019-10-24T13:40 2019-10-24T22:57 2019-10-24T22:57:40
            1z3kmlvz69v6 incident 6 IMUUUR 2019-10-22T11:40 2019-10-24T20:45 2019-10-24T20:45:31
            ltkmvn9p2xws incident 4 IDMR 2019-10-22T01:16 2019-10-22T20:08 2019-10-22T20:08:09
            zrrxj30tgydb incident 4 IDMR 2019-10-22T15:26 2019-10-22T19:28 2019-10-22T19:28:50
            zns0nnxrrvkf incident 3 IMR 2019-10-21T21:29 2019-10-21T22:29 2019-10-21T22:29:59
            sb6p4w9ksqlg incident 4 IDMR 2019-10-19T10:56 2019-10-19T17:04 2019-10-19T17:04:43
            t3mfzm7cm1t7 incident 2 MR 2019-10-19T09:13 2019-10-19T09:42 2019-10-19T09:42:08
            yv9hv21br0kf incident 4 IDMR 2019-10-18T12:07 2019-10-18T13:25 2019-10-18T13:25:09
            b2t9d3swr62p incident 3 IDR 2019-10-12T10:04 2019-10-12T12:54 2019-10-12T12:54:51
            2y8x7pdjvtrz incident 4 IDMR 2019-10-10T17:44 2019-10-10T21:01 2019-10-10T21:01:26
            kkfb5fbgcrpt incident 3 IMR 2019-10-09T15:22 2019-10-09T17:09 2019-10-09T17:09:36
            g4h15s1jcbmy maintenance 3 SAC 2019-10-08T05:51 2019-10-08T13:23 2019-10-08T13:23:39
            bqd31p7jk1pt incident 4 IDMR 2019-10-07T23:26 2019-10-08T00:48 2019-10-08T00:48:16
            7kwln6lgly2l incident 3 IDR 2019-10-03T20:58 2019-10-03T22:00 2019-10-03T22:00:49
            7hjvqpg9rj5k incident 3 IMR 2019-10-02T17:48 2019-10-02T20:02 2019-10-02T20:02:51
            p0zsvfwmc9zl incident 3 IMR 2019-10-01T19:04 2019-10-01T21:32 2019-10-01T21:32:04
            g76kgjxqrzxs incident 7 DUUUMUR 2019-09-30T21:25 2019-10-01T03:41 2019-10-04T15:42:54
            y24w0s00jhmq incident 6 DUUUMR 2019-09-30T21:58 2019-10-01T01:37 2019-10-01T01:37:41
            x56l9t6z3qm8 incident 5 IUDMR 2019-09-28T09:58 2019-09-28T20:08 2019-09-28T20:08:10
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/digitalocean__3.atom",
        "statuspage",
        _timelines(
            """
            tp6yg4h8bfp5 incident 4 IDMR 2020-01-05T00:36 2020-01-05T03:38 2020-01-05T03:38:40
            z8q9mhry7lb4 incident 4 IUMR 2020-01-02T06:37 2020-01-02T12:35 2020-01-02T12:35:13
            t9w8x953n4sd incident 4 IDMR 2019-12-26T21:32 2019-12-27T01:20 2019-12-27T01:20:55
            byv1hqyr2pb0 incident 3 DMR 2019-12-21T19:04 2019-12-21T20:39 2019-12-21T20:39:31
            d0glfj89j57y incident 4 IDMR 2019-12-21T10:23 2019-12-21T12:31 2019-12-21T12:31:49
            z8tp0f9sq047 incident 2 MR 2019-12-19T23:24 2019-12-20T00:12 2019-12-20T00:12:06
            qv291p2grwc3 maintenance 3 SAC 2019-12-19T22:06 2019-12-19T23:27 2019-12-19T23:27:21
            qmfcw6b0wpx3 incident 3 IMR 2019-12-19T21:33 2019-12-19T23:18 2019-12-19T23:18:57
            b939ctcc4yh2 incident 9 IDUUUUUUR 2019-12-11T23:04 2019-12-17T23:41 2019-12-17T23:41:58
            1gvtdg42r9g4 incident 3 IMR 2019-12-16T14:58 2019-12-16T17:32 2019-12-16T17:32:03
            2c4jf9nzhxf5 incident 6 IUUUMR 2019-12-15T12:42 2019-12-15T21:17 2019-12-15T21:17:31
            m6hgmpr20lb0 incident 1 R 2019-12-12T23:30 2019-12-12T23:30 2019-12-12T16:20:47
            4pb1zr8rbpv5 incident 3 IMR 2019-12-12T18:01 2019-12-12T20:04 2019-12-12T20:04:24
            f4gl1lp3l7zw maintenance 3 SAC 2019-12-12T08:16 2019-12-12T11:00 2019-12-12T11:00:38
            t3yf6w3z44lc incident 3 DMR 2019-12-11T16:46 2019-12-11T18:10 2019-12-11T18:10:26
            vgz86hm2lxgx incident 1 R 2019-12-05T16:30 2019-12-05T16:30 2019-12-05T16:52:52
            m1f204zrp44m incident 4 IDMR 2019-12-05T11:21 2019-12-05T12:30 2019-12-05T12:30:31
            6bd00fmzn35j incident 3 DMR 2019-11-25T11:21 2019-11-25T12:47 2019-11-25T12:47:31
            0ftrmj4l3z1m incident 4 IDMR 2019-11-24T00:32 2019-11-24T16:59 2019-11-24T16:59:57
            c9g9xlwqypmb incident 3 IMR 2019-11-22T20:54 2019-11-22T22:31 2019-11-22T22:31:07
            msxn2xjptkmn incident 3 IMR 2019-11-22T18:00 2019-11-22T22:30 2019-11-22T22:30:56
            q9gxrxhnbkks incident 3 DMR 2019-11-21T23:46 2019-11-22T00:45 2019-11-22T00:45:02
            kdtrtkmjm8md incident 3 IMR 2019-11-21T14:28 2019-11-21T16:33 2019-11-21T16:33:13
            828cmvbb74cm incident 3 IMR 2019-11-18T15:11 2019-11-18T17:05 2019-11-18T17:06:00
            qw7r991v4pj4 incident 3 IMR 2019-11-14T18:03 2019-11-14T19:05 2019-11-14T19:05:48
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/digitalocean__4.rss",
        "statuspage",
        _timelines(
            """
            tp6yg4h8bfp5 incident 4 IDMR 2020-01-05T00:36 2020-01-05T03:38 2020-01-05T03:38:39
            z8q9mhry7lb4 incident 4 IUMR 2020-01-02T06:37 2020-01-02T12:35 2020-01-02T12:35:12
            t9w8x953n4sd incident 4 IDMR 2019-12-26T21:32 2019-12-27T01:20 2019-12-27T01:20:54
            byv1hqyr2pb0 incident 3 DMR 2019-12-21T19:04 2019-12-21T20:39 2019-12-21T20:39:31
            d0glfj89j57y incident 4 IDMR 2019-12-21T10:23 2019-12-21T12:31 2019-12-21T12:31:48
            z8tp0f9sq047 incident 2 MR 2019-12-19T23:24 2019-12-20T00:12 2019-12-20T00:12:05
            qv291p2grwc3 maintenance 3 SAC 2019-12-19T22:06 2019-12-19T23:27 2019-12-19T23:27:20
            qmfcw6b0wpx3 incident 3 IMR 2019-12-19T21:33 2019-12-19T23:18 2019-12-19T23:18:57
            b939ctcc4yh2 incident 9 IDUUUUUUR 2019-12-11T23:04 2019-12-17T23:41 2019-12-17T23:41:57
            1gvtdg42r9g4 incident 3 IMR 2019-12-16T14:58 2019-12-16T17:32 2019-12-16T17:32:02
            2c4jf9nzhxf5 incident 6 IUUUMR 2019-12-15T12:42 2019-12-15T21:17 2019-12-15T21:17:30
            m6hgmpr20lb0 incident 1 R 2019-12-12T23:30 2019-12-12T23:30 2019-12-12T23:30
            4pb1zr8rbpv5 incident 3 IMR 2019-12-12T18:01 2019-12-12T20:04 2019-12-12T20:04:23
            f4gl1lp3l7zw maintenance 3 SAC 2019-12-12T08:16 2019-12-12T11:00 2019-12-12T11:00:37
            t3yf6w3z44lc incident 3 DMR 2019-12-11T16:46 2019-12-11T18:10 2019-12-11T18:10:26
            vgz86hm2lxgx incident 1 R 2019-12-05T16:30 2019-12-05T16:30 2019-12-05T16:30
            m1f204zrp44m incident 4 IDMR 2019-12-05T11:21 2019-12-05T12:30 2019-12-05T12:30:29
            6bd00fmzn35j incident 3 DMR 2019-11-25T11:21 2019-11-25T12:47 2019-11-25T12:47:30
            0ftrmj4l3z1m incident 4 IDMR 2019-11-24T00:32 2019-11-24T16:59 2019-11-24T16:59:56
            c9g9xlwqypmb incident 3 IMR 2019-11-22T20:54 2019-11-22T22:31 2019-11-22T22:31:06
            msxn2xjptkmn incident 3 IMR 2019-11-22T18:00 2019-11-22T22:30 2019-11-22T22:30:56
            q9gxrxhnbkks incident 3 DMR 2019-11-21T23:46 2019-11-22T00:45 2019-11-22T00:45:01
            kdtrtkmjm8md incident 3 IMR 2019-11-21T14:28 2019-11-21T16:33 2019-11-21T16:33:12
            828cmvbb74cm incident 3 IMR 2019-11-18T15:11 2019-11-18T17:05 2019-11-18T17:05:58
            qw7r991v4pj4 incident 3 IMR 2019-11-14T18:03 2019-11-14T19:05 2019-11-14T19:05:48
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/digitalocean__5.atom",
        "statuspage",
        _timelines(
            """
            x0xytvsvky35 maintenance 2 SA 2020-01-21T20:59 2020-01-21T21:00 2020-01-21T21:00:29
            3vhcly1y2kgz incident 3 IMR 2020-01-18T07:29 2020-01-18T10:13 2020-01-18T10:15:56
            ch277cwcm5sm incident 2 MR 2020-01-17T05:07 2020-01-17T06:03 2020-01-17T06:03:48
            qz40dp1qcs1d maintenance 3 SAC 2020-01-07T23:59 2020-01-14T22:20 2020-01-14T22:20:16
            2yyk6j58xcxh maintenance 4 SAVC 2020-01-09T14:27 2020-01-11T11:57 2020-01-11T11:57:20
            yp7b8jv4wbjg incident 4 IDMR 2020-01-08T04:06 2020-01-08T06:00 2020-01-08T06:00:36
            3hb5bwdtxbcc incident 2 DR 2020-01-07T18:21 2020-01-08T00:00 2020-01-08T00:00:27
            sjgrc3h2ktx7 maintenance 3 SAC 2020-01-07T20:49 2020-01-07T23:08 2020-01-07T23:08:48
            tp6yg4h8bfp5 incident 4 IDMR 2020-01-05T00:36 2020-01-05T03:38 2020-01-05T03:38:40
            z8q9mhry7lb4 incident 4 IUMR 2020-01-02T06:37 2020-01-02T12:35 2020-01-02T12:35:13
            t9w8x953n4sd incident 4 IDMR 2019-12-26T21:32 2019-12-27T01:20 2019-12-27T01:20:55
            byv1hqyr2pb0 incident 3 DMR 2019-12-21T19:04 2019-12-21T20:39 2019-12-21T20:39:31
            d0glfj89j57y incident 4 IDMR 2019-12-21T10:23 2019-12-21T12:31 2019-12-21T12:31:49
            z8tp0f9sq047 incident 2 MR 2019-12-19T23:24 2019-12-20T00:12 2019-12-20T00:12:06
            qv291p2grwc3 maintenance 3 SAC 2019-12-19T22:06 2019-12-19T23:27 2019-12-19T23:27:21
            qmfcw6b0wpx3 incident 3 IMR 2019-12-19T21:33 2019-12-19T23:18 2019-12-19T23:18:57
            b939ctcc4yh2 incident 9 IDUUUUUUR 2019-12-11T23:04 2019-12-17T23:41 2019-12-17T23:41:58
            1gvtdg42r9g4 incident 3 IMR 2019-12-16T14:58 2019-12-16T17:32 2019-12-16T17:32:03
            2c4jf9nzhxf5 incident 6 IUUUMR 2019-12-15T12:42 2019-12-15T21:17 2019-12-15T21:17:31
            m6hgmpr20lb0 incident 1 R 2019-12-12T23:30 2019-12-12T23:30 2019-12-12T16:20:47
            4pb1zr8rbpv5 incident 3 IMR 2019-12-12T18:01 2019-12-12T20:04 2019-12-12T20:04:24
            f4gl1lp3l7zw maintenance 3 SAC 2019-12-12T08:16 2019-12-12T11:00 2019-12-12T11:00:38
            t3yf6w3z44lc incident 3 DMR 2019-12-11T16:46 2019-12-11T18:10 2019-12-11T18:10:26
            vgz86hm2lxgx incident 1 R 2019-12-05T16:30 2019-12-05T16:30 2019-12-05T16:52:52
            m1f204zrp44m incident 4 IDMR 2019-12-05T11:21 2019-12-05T12:30 2019-12-05T12:30:31
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/digitalocean__6.rss",
        "statuspage",
        _timelines(
            """
            x0xytvsvky35 maintenance 2 SA 2020-01-21T20:59 2020-01-21T21:00 2020-01-21T21:00:29
            3vhcly1y2kgz incident 3 IMR 2020-01-18T07:29 2020-01-18T10:13 2020-01-18T10:13:50
            ch277cwcm5sm incident 2 MR 2020-01-17T05:07 2020-01-17T06:03 2020-01-17T06:03:47
            qz40dp1qcs1d maintenance 3 SAC 2020-01-07T23:59 2020-01-14T22:20 2020-01-14T22:20:16
            2yyk6j58xcxh maintenance 4 SAVC 2020-01-09T14:27 2020-01-11T11:57 2020-01-11T11:57:19
            yp7b8jv4wbjg incident 4 IDMR 2020-01-08T04:06 2020-01-08T06:00 2020-01-08T06:00:35
            3hb5bwdtxbcc incident 2 DR 2020-01-07T18:21 2020-01-08T00:00 2020-01-08T00:00:25
            sjgrc3h2ktx7 maintenance 3 SAC 2020-01-07T20:49 2020-01-07T23:08 2020-01-07T23:08:47
            tp6yg4h8bfp5 incident 4 IDMR 2020-01-05T00:36 2020-01-05T03:38 2020-01-05T03:38:39
            z8q9mhry7lb4 incident 4 IUMR 2020-01-02T06:37 2020-01-02T12:35 2020-01-02T12:35:12
            t9w8x953n4sd incident 4 IDMR 2019-12-26T21:32 2019-12-27T01:20 2019-12-27T01:20:54
            byv1hqyr2pb0 incident 3 DMR 2019-12-21T19:04 2019-12-21T20:39 2019-12-21T20:39:31
            d0glfj89j57y incident 4 IDMR 2019-12-21T10:23 2019-12-21T12:31 2019-12-21T12:31:48
            z8tp0f9sq047 incident 2 MR 2019-12-19T23:24 2019-12-20T00:12 2019-12-20T00:12:05
            qv291p2grwc3 maintenance 3 SAC 2019-12-19T22:06 2019-12-19T23:27 2019-12-19T23:27:20
            qmfcw6b0wpx3 incident 3 IMR 2019-12-19T21:33 2019-12-19T23:18 2019-12-19T23:18:57
            b939ctcc4yh2 incident 9 IDUUUUUUR 2019-12-11T23:04 2019-12-17T23:41 2019-12-17T23:41:57
            1gvtdg42r9g4 incident 3 IMR 2019-12-16T14:58 2019-12-16T17:32 2019-12-16T17:32:02
            2c4jf9nzhxf5 incident 6 IUUUMR 2019-12-15T12:42 2019-12-15T21:17 2019-12-15T21:17:30
            m6hgmpr20lb0 incident 1 R 2019-12-12T23:30 2019-12-12T23:30 2019-12-12T23:30
            4pb1zr8rbpv5 incident 3 IMR 2019-12-12T18:01 2019-12-12T20:04 2019-12-12T20:04:23
            f4gl1lp3l7zw maintenance 3 SAC 2019-12-12T08:16 2019-12-12T11:00 2019-12-12T11:00:37
            t3yf6w3z44lc incident 3 DMR 2019-12-11T16:46 2019-12-11T18:10 2019-12-11T18:10:26
            vgz86hm2lxgx incident 1 R 2019-12-05T16:30 2019-12-05T16:30 2019-12-05T16:30
            m1f204zrp44m incident 4 IDMR 2019-12-05T11:21 2019-12-05T12:30 2019-12-05T12:30:29
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/github__1.atom",
        "statuspage",
        _timelines(
            """
            w7wlzstc8wss incident 5 IUUUR 2019-11-20T01:19 2019-11-20T03:25 2019-11-20T03:25:47
            2fvfs7gwr96z incident 4 IUUR 2019-11-18T06:32 2019-11-18T08:08 2019-11-18T08:08:30
            hknr57wmdj94 incident 2 IR 2019-11-15T17:23 2019-11-15T17:55 2019-11-15T17:55:12
            jnrk9tvtv38q incident 4 IUUR 2019-11-14T17:28 2019-11-14T20:18 2019-11-14T20:18:48
            42hkbtl63nmn incident 10 IUUUUUUUUR 2019-11-05T13:42 2019-11-05T20:44 2019-11-05T20:44:27
            fdl6khghfsp3 incident 7 IUUUUUR 2019-10-22T18:51 2019-10-22T22:31 2019-10-22T22:31:16
            yck8ctxhxtwq incident 10 IUUUUUUUUR 2019-10-02T16:10 2019-10-02T19:42 2019-10-02T19:42:17
            30mk8j8tvnmx incident 2 IR 2019-09-26T12:47 2019-09-26T14:01 2019-09-26T14:01:09
            b54zv9nz8m01 incident 4 IUUR 2019-09-24T11:30 2019-09-24T14:08 2019-09-24T14:08:49
            rgy28jwprr1c incident 4 IDMR 2019-09-23T16:12 2019-09-23T16:37 2019-09-23T16:37:47
            nt6n1hs8bk3v incident 3 IUR 2019-08-22T10:59 2019-08-22T12:20 2019-08-22T12:20:46
            8x69vj1xyp9v incident 6 IUUUUR 2019-07-22T16:02 2019-07-22T19:47 2019-07-22T19:47:35
            tq7pm7mn9b1k incident 2 IR 2019-07-22T15:46 2019-07-22T16:27 2019-07-22T16:27:26
            jzcjznsv759m incident 5 IUUUR 2019-07-18T18:00 2019-07-18T19:19 2019-07-18T19:19:06
            qjhqlf52nw6n incident 3 IUR 2019-06-20T08:52 2019-06-20T09:50 2019-06-20T09:50:16
            1q6t7dl05p50 incident 2 IR 2019-06-12T21:35 2019-06-12T22:05 2019-06-12T22:05:03
            kv978bsgr4kb incident 2 IR 2019-05-29T02:11 2019-05-29T02:28 2019-05-29T02:28:00
            nf4gcjtcsqdb incident 7 IUUUUUR 2019-05-22T16:56 2019-05-22T20:08 2019-05-22T20:08:49
            6vyp7d36str6 incident 4 IUUR 2019-05-16T19:06 2019-05-16T20:17 2019-05-16T20:17:10
            chq6jdw9x8t5 incident 1 R 2019-05-07T10:35 2019-05-07T10:35 2019-05-07T18:37:46
            mxz5gytqwrl5 incident 2 IR 2019-04-11T16:56 2019-04-11T17:05 2019-04-11T17:05:38
            zzm4nczlpjyy incident 3 IUR 2019-03-25T09:53 2019-03-25T10:50 2019-03-25T10:50:25
            vn2x8mg5xqj7 incident 2 IR 2019-03-12T17:30 2019-03-12T18:58 2019-03-12T18:58:57
            tj58y1kx7tqy incident 5 IUUUR 2019-03-12T14:27 2019-03-12T16:27 2019-03-12T16:27:13
            lwlvwcrv7dsr incident 1 R 2019-03-05T15:49 2019-03-05T15:49 2019-03-06T22:41:48
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/metastatuspage__1.atom",
        "statuspage",
        _timelines(
            """
            lcvzzk0mgfw3 incident 4 IDMR 2019-11-21T01:00 2019-11-21T02:35 2019-11-21T02:35:29
            2yt643c55sxl incident 2 IR 2019-11-17T18:01 2019-11-17T19:47 2019-11-17T19:47:27
            9kc0d2tcnrr3 incident 3 IMR 2019-11-15T23:51 2019-11-15T23:53 2019-11-15T23:53:44
            mcnjskvgv0wn incident 1 R 2019-11-11T22:30 2019-11-11T22:30 2019-11-12T00:53:22
            1k18fr8tm2kq maintenance 3 SAC 2019-11-08T20:27 2019-11-11T02:19 2019-11-11T02:19:58
            6rxqlh5swvt1 incident 3 IMR 2019-11-04T14:12 2019-11-04T14:42 2019-11-04T14:42:43
            4qwp4db52sf1 incident 1 R 2019-11-02T01:00 2019-11-02T01:00 2019-11-05T21:07:27
            z6kc3rlsb2rc incident 4 IDMR 2019-10-29T21:06 2019-10-29T22:01 2019-10-29T22:01:45
            wyhbwy85sm35 incident 3 IMR 2019-10-29T17:42 2019-10-29T18:12 2019-10-29T18:12:31
            z4gl9z23h8yf incident 1 R 2019-10-28T15:30 2019-10-28T15:30 2019-10-28T17:59:02
            4vnvfcqc0f66 incident 1 R 2019-10-04T08:00 2019-10-04T08:00 2019-10-04T18:14:27
            27s4hx8p5k98 incident 1 R 2019-10-03T20:55 2019-10-03T20:55 2019-10-03T21:49:49
            9f7g108gw0vz incident 1 R 2019-09-29T09:48 2019-09-29T09:48 2019-09-30T19:26:26
            nnqgxnty66g6 incident 1 R 2019-09-22T09:09 2019-09-22T09:09 2019-09-23T19:04:08
            mccpkqd3p74x incident 1 R 2019-09-04T17:33 2019-09-04T17:33 2019-09-04T17:36:31
            vp8fl4wvpsk4 incident 2 DR 2019-08-30T17:18 2019-08-30T18:11 2019-08-30T18:11:50
            k4vs3hndph7w incident 2 MR 2019-08-29T00:27 2019-08-29T01:14 2019-08-29T01:14:10
            jcqcz2z0lgld maintenance 4 SAVC 2019-08-17T06:54 2019-08-18T23:03 2019-08-18T23:03:41
            j27vtn1v1d7w maintenance 2 SC 2019-08-15T20:23 2019-08-16T22:34 2019-08-16T22:34:58
            9fzhnggx6fyx incident 1 R 2019-08-14T01:00 2019-08-14T01:00 2019-08-14T18:24:39
            m5969tk96g7n incident 3 MUR 2019-08-13T17:06 2019-08-13T18:14 2019-08-13T18:14:15
            c666y50f1xr9 incident 3 DMR 2019-08-12T16:14 2019-08-12T16:50 2019-09-06T17:55:55
            qngtc1b4kvgy incident 4 DMUR 2019-08-06T21:59 2019-08-06T23:08 2019-08-06T23:08:33
            rr25420yccg4 incident 3 DMR 2019-08-05T20:29 2019-08-05T22:58 2019-08-05T22:58:29
            dbmqjmxjnwq2 maintenance 7 SUAUUUC 2019-07-11T22:05 2019-07-15T02:53 2019-07-15T02:53:48
            """
        ),
    ),
    # This page calls its zone PST all year. In summer pubDate has the same clock with -0700, so the blocks mean PDT.
    ExpectedFeed(
        "statuspage/parse__1.rss",
        "statuspage",
        _timelines(
            """
            lzf7mjchpy20 incident 3 IDR 2014-01-01T16:17 2014-01-01T17:09 2014-01-01T17:09
            x7yb1mmd4721 incident 3 DUR 2013-12-29T16:04 2013-12-29T20:20 2013-12-29T20:20:06
            hss47d2yk45f incident 2 IR 2013-12-26T19:57 2013-12-26T20:57 2013-12-26T20:57
            p9hy357zjvb3 incident 3 IRP 2013-12-24T16:58 2013-12-26T18:22 2013-12-26T18:22
            q9dns8zcgptk incident 1 R 2013-12-20T14:30 2013-12-20T14:30 2013-12-20T14:30
            3znvknxmk10z incident 1 R 2013-11-04T18:06 2013-11-04T18:06 2013-11-04T18:06:36
            gtdv7rgyn76g incident 2 DR 2013-10-28T21:43 2013-10-28T21:48 2013-10-28T21:48
            8r3c6x51cvss incident 2 IR 2013-10-22T11:05 2013-10-22T11:10 2013-10-22T11:10:52
            hp2xf2v7f8g8 incident 3 IDR 2013-10-21T22:34 2013-10-21T23:27 2013-10-21T23:27:30
            g3g2fpyvk65j incident 3 IDR 2013-10-02T21:01 2013-10-02T21:32 2013-10-02T21:32:15
            5rkdt77rn90b incident 2 DR 2013-09-09T22:24 2013-09-09T22:37 2013-09-09T22:37:21
            49361mvl9p78 incident 2 DR 2013-08-27T20:27 2013-08-27T21:16 2013-08-27T21:16:40
            xlqmpvm0v6d4 incident 3 IDR 2013-08-25T20:03 2013-08-25T21:35 2013-08-25T21:35:38
            jpt6slzfdvjv incident 2 DR 2013-08-20T19:18 2013-08-20T19:56 2013-08-20T19:56:55
            ctfv4ldyy165 incident 3 IUR 2013-08-20T12:04 2013-08-20T12:42 2013-08-20T12:42:21
            gwywvz2n85bj incident 1 R 2013-08-12T23:49 2013-08-12T23:49 2013-08-12T23:49
            hjvc79kb47c4 incident 2 IR 2013-07-22T21:54 2013-07-22T22:04 2013-07-22T22:04:43
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/streamyard__1.atom",
        "statuspage",
        _timelines(
            """
            l4222m9bmd6k incident 3 IUR 2024-02-08T08:29 2024-02-08T09:00 2024-02-09T17:35:55
            hf2t8jywhv8f incident 2 IR 2023-07-12T20:14 2023-07-12T20:42 2023-07-12T20:42:40
            6pz1jst84ctl incident 3 IDR 2023-07-05T02:23 2023-07-05T04:15 2023-07-05T04:15:35
            36d8fqfj6pfv incident 3 IDR 2023-04-20T14:41 2023-04-20T15:01 2023-04-20T15:01:14
            8zc1mhz3jd7z incident 3 IDR 2023-04-10T18:44 2023-04-10T19:50 2023-04-10T19:50:06
            flyd07nvq6fz incident 2 IR 2023-01-28T08:14 2023-01-28T08:20 2023-01-28T08:20:57
            s8hpl4584ttn incident 3 IDR 2022-09-20T17:16 2022-09-20T18:08 2022-09-20T18:08:30
            sf5j3x7372dt incident 3 IDR 2022-09-16T20:54 2022-09-16T22:00 2022-09-17T13:54:26
            qn94clz64mcb incident 2 IR 2022-09-16T16:31 2022-09-16T17:23 2022-09-16T17:23:14
            qcv5g21kcdk2 incident 2 DR 2022-09-08T14:40 2022-09-08T14:45 2022-09-08T14:45:18
            2dsqd1df9jvc incident 5 IUUDR 2022-06-21T06:50 2022-06-21T07:34 2022-06-21T07:34:26
            59rphq084mvx incident 3 IMR 2022-03-23T23:10 2022-03-23T23:31 2022-03-23T23:31:22
            vvm93br1lsjj incident 3 IMR 2022-03-22T22:37 2022-03-22T22:46 2022-03-22T22:46:06
            6p9qgj1x619t incident 1 R 2022-03-15T04:30 2022-03-15T04:30 2022-03-16T21:11:15
            my6cw6r83w28 incident 2 IR 2022-03-07T18:16 2022-03-07T18:28 2022-03-07T19:30:03
            l9ylyfd8317f incident 3 IUR 2022-02-16T20:40 2022-02-16T21:57 2022-02-16T21:57:42
            7893r30tbrgh incident 3 DUR 2022-02-14T19:04 2022-02-14T23:27 2022-02-14T23:27:00
            """
        ),
    ),
    ExpectedFeed(
        "statuspage/symantec-wss__1.atom",
        "statuspage",
        _timelines(
            """
            nrbj1tnt6445 maintenance 1 S 2019-12-09T19:40 2019-12-09T19:40 2019-12-09T19:40:55
            p27y2b9t7rdy maintenance 3 SAC 2019-12-05T21:35 2019-12-10T18:00 2019-12-10T18:00:39
            2ttxpymjl8kc incident 5 IDUMR 2019-12-09T17:34 2019-12-10T05:45 2019-12-10T05:45:16
            cpc86q7t55km maintenance 3 SAC 2019-11-26T19:42 2019-12-06T23:59 2019-12-06T23:59:30
            2wm6j44vb7y2 maintenance 4 SUAC 2019-10-14T15:40 2019-12-06T23:59 2019-12-06T23:59:29
            6yn9b08krfyc incident 1 R 2019-12-06T02:01 2019-12-06T02:01 2019-12-06T02:03:12
            bg055725z5bd incident 1 R 2019-11-29T04:52 2019-11-29T04:52 2019-11-29T04:56:26
            28s48stbt18x incident 1 R 2019-11-28T14:30 2019-11-28T14:30 2019-11-28T15:00:15
            rnm2gjj5lc3l incident 2 DR 2019-11-26T03:03 2019-11-26T05:30 2019-11-26T05:30:33
            gxc4t6y4gx6r incident 1 R 2019-11-23T18:43 2019-11-23T18:43 2019-11-23T18:44:30
            2kk5148jgwfk incident 1 R 2019-11-19T08:35 2019-11-19T08:35 2019-11-19T09:19:31
            3vfn7q81g8x3 incident 4 IDMR 2019-11-18T07:15 2019-11-18T09:26 2019-11-18T09:26:31
            r7bzbb9cbk6z incident 1 R 2019-11-13T23:56 2019-11-13T23:56 2019-11-14T00:01:13
            wwg1gqvxgq6x maintenance 3 SAC 2019-11-07T19:17 2019-11-10T07:00 2019-11-10T07:00:48
            dlvvdvwrmstx maintenance 3 SAC 2019-10-11T22:50 2019-11-10T02:00 2019-11-10T02:00:31
            0c6gtjt94kpp incident 3 IMR 2019-11-06T08:07 2019-11-06T10:23 2019-11-06T10:23:36
            12l8ffcwwc4y incident 4 IDUR 2019-11-04T18:15 2019-11-05T00:25 2019-11-05T00:25:06
            sjk6mfy17lc6 maintenance 3 SAC 2019-10-29T22:12 2019-11-04T06:00 2019-11-04T06:00:43
            l9p7djz4nzdk maintenance 3 SAC 2019-10-31T21:50 2019-11-02T01:00 2019-11-02T01:00:41
            yvjc30c8vsst incident 1 R 2019-10-30T09:18 2019-10-30T09:18 2019-10-30T09:19:29
            njg2x7hs1c8r incident 2 IR 2019-10-28T10:59 2019-10-28T12:59 2019-10-28T12:59:21
            76f9608tctdd incident 3 IDR 2019-10-25T17:55 2019-10-25T19:30 2019-10-25T19:30:42
            v04glkzvkwkg maintenance 3 SAC 2019-10-18T21:00 2019-10-25T18:00 2019-10-25T18:00:31
            x5ddpfr4fqvm maintenance 4 SUAC 2019-10-23T19:56 2019-10-24T21:00 2019-10-24T21:00:33
            xlmm158t6y7g incident 3 IMR 2019-10-24T11:02 2019-10-24T14:13 2019-10-24T14:13:57
            """
        ),
    ),
)

EXPECTED = (
    *_AWS,
    *_AZURE,
    *_BETTERSTACK,
    *_CHECKLY,
    *_CSTATE,
    *_DATOCMS,
    *_FLASHDUTY,
    *_GCP,
    *_GENERIC,
    *_HUND,
    *_INCIDENTIO,
    *_INSTATUS,
    *_LAMBSTATUS,
    *_M365,
    *_SLACK,
    *_STATUSIO,
    *_STATUSPAGE,
    *_XAI,
)
