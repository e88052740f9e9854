-- The database of statustrio, schema version 3 (PRAGMA user_version). Times are RFC 3339 text in UTC.
-- For people: the four views at the end, and the table events. Everything else may change with the version.

CREATE TABLE providers (
  id                   TEXT PRIMARY KEY,
  name                 TEXT NOT NULL,
  feed_url             TEXT NOT NULL,
  configured           INTEGER NOT NULL DEFAULT 1,  -- 0: no longer in providers.yaml; its history stays
  version              INTEGER NOT NULL DEFAULT 0,  -- grows with each commit: fences two writers
  platform             TEXT,                        -- recognised from the feed's content at first sight
  shape                TEXT,
  host                 TEXT,                        -- that answered, after redirects
  etag                 TEXT,
  last_modified        TEXT,
  body_digest          TEXT,
  shown                TEXT NOT NULL DEFAULT '[]',  -- JSON: the entries of the last document, [digest, incident, time]
  window_oldest        TEXT,                        -- oldest entry time of the last window that was not empty
  first_success_at     TEXT,
  last_polled_at       TEXT,
  last_success_at      TEXT,
  next_poll_at         TEXT,
  not_before           TEXT,                        -- Retry-After
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  last_error           TEXT,
  last_status          INTEGER,                     -- HTTP status of the last failure
  unreachable_since    TEXT,
  gone                 INTEGER NOT NULL DEFAULT 0,  -- answered 410: not polled until the next start
  active_until         TEXT,                        -- trouble is open there, until then if it expires by itself
  watching             INTEGER NOT NULL DEFAULT 0,  -- the absence of an incident is being confirmed
  pages                TEXT NOT NULL DEFAULT '[]',  -- JSON: the last few it was, [platform and host, told at]
  moved_to             TEXT,                        -- where permanent redirects lead
  trace                TEXT                         -- fingerprints of the last document's text: what is new in the next
);

CREATE TABLE incidents (
  provider        TEXT NOT NULL REFERENCES providers(id),
  id              TEXT NOT NULL,
  kind            TEXT NOT NULL,                    -- incident, maintenance
  title           TEXT NOT NULL,
  status          TEXT NOT NULL,
  impact          TEXT,
  components      TEXT,                             -- JSON: [{"name", "status"}]; null: the page does not say
  url             TEXT,
  started_at      TEXT,
  updated_at      TEXT,
  resolved_at     TEXT,
  scheduled_for   TEXT,
  scheduled_until TEXT,
  first_seen_at   TEXT NOT NULL,
  last_seen_at    TEXT NOT NULL,                    -- while shown = 1 the provider's last success counts instead
  open            INTEGER NOT NULL,
  shown           INTEGER NOT NULL,                 -- in the last document of the feed
  missing_since   TEXT,
  missing_polls   INTEGER NOT NULL DEFAULT 0,
  expires_at      TEXT,                             -- stops counting as open then, though nobody ended it
  edits           INTEGER NOT NULL DEFAULT 0,
  revision        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, id)
) WITHOUT ROWID;
CREATE INDEX incidents_by_start ON incidents (started_at);
CREATE INDEX incidents_open ON incidents (provider) WHERE open = 1;
CREATE INDEX incidents_shown ON incidents (provider) WHERE shown = 1;
CREATE INDEX incidents_expiring ON incidents (expires_at) WHERE open = 1 AND expires_at IS NOT NULL;

CREATE TABLE updates (
  provider    TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  n           INTEGER NOT NULL,                     -- order of arrival
  at          TEXT,
  label       TEXT NOT NULL,                        -- the word on the page
  status      TEXT NOT NULL,                        -- of the incident after this update
  text        TEXT NOT NULL,
  revision    INTEGER NOT NULL DEFAULT 0,           -- how often it was rewritten
  vanished    INTEGER NOT NULL DEFAULT 0,           -- no longer on the page
  PRIMARY KEY (provider, incident_id, n),
  FOREIGN KEY (provider, incident_id) REFERENCES incidents (provider, id) ON UPDATE CASCADE ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE events (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,    -- never given twice, also after a prune
  timestamp   TEXT NOT NULL,
  event       TEXT NOT NULL,
  provider    TEXT,                                 -- null: the monitor as a whole
  incident_id TEXT,
  payload     TEXT NOT NULL,                        -- the JSON line as it is printed
  rule        TEXT                                  -- why there is this event; null: from before version 2
);
CREATE INDEX events_by_time ON events (timestamp);
CREATE INDEX events_by_incident ON events (provider, incident_id);

CREATE TABLE bodies (
  id           INTEGER PRIMARY KEY,
  provider     TEXT NOT NULL REFERENCES providers(id),
  at           TEXT NOT NULL,                       -- when it was recorded
  seq_first    INTEGER,                             -- the events it made; null: none, it only changed incidents
  seq_last     INTEGER,
  platform     TEXT NOT NULL,
  url          TEXT NOT NULL,                       -- where it came from in the end
  content_type TEXT,
  body         BLOB NOT NULL                        -- the document as it came, compressed with zlib
);
CREATE INDEX bodies_by_provider ON bodies (provider, id);

CREATE TABLE consumers (
  id     TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL,                          -- every event up to here is acknowledged
  beyond TEXT NOT NULL DEFAULT '[]'                 -- JSON: acknowledged ones above the cursor
);

CREATE TABLE stories (
  consumer    TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
  provider    TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  story       TEXT NOT NULL,                        -- JSON: what the consumer's filters know of the incident
  PRIMARY KEY (consumer, provider, incident_id)
) WITHOUT ROWID;

CREATE TABLE monitor (
  key   TEXT PRIMARY KEY,                           -- offline_since
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW incident_history AS
SELECT i.provider, i.id AS incident_id, i.kind, i.title, i.status, i.impact,
       (SELECT group_concat(json_extract(c.value, '$.name'), ', ') FROM json_each(i.components) c) AS components,
       i.started_at, i.updated_at, i.resolved_at,
       CAST(round((julianday(i.resolved_at) - julianday(i.started_at)) * 1440) AS INTEGER) AS duration_minutes,
       (SELECT count(*) FROM updates u
         WHERE u.provider = i.provider AND u.incident_id = i.id AND NOT u.vanished) AS update_count,
       CASE WHEN i.shown THEN coalesce(p.last_success_at, i.last_seen_at) ELSE i.last_seen_at END AS last_seen_at,
       i.url
  FROM incidents i JOIN providers p ON p.id = i.provider;

CREATE VIEW open_incidents AS
SELECT h.*
  FROM incidents i JOIN providers p ON p.id = i.provider
  JOIN incident_history h ON h.provider = i.provider AND h.incident_id = i.id
 WHERE i.open = 1 AND p.configured = 1;

CREATE VIEW incident_updates AS
SELECT provider, incident_id, at AS update_at, status, text AS message
  FROM updates u
 WHERE NOT vanished
 ORDER BY provider, incident_id,                    -- one without a time stands where it came
          coalesce(at, (SELECT max(o.at) FROM updates o
                         WHERE o.provider = u.provider AND o.incident_id = u.incident_id AND o.n < u.n)), n;

CREATE VIEW provider_health AS
SELECT id AS provider, last_polled_at, last_success_at, consecutive_failures, last_error, next_poll_at
  FROM providers
 WHERE configured = 1;
