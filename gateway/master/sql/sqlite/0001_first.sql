-- Instants are microseconds since 1970 UTC. `key` is origin + 16 * version.
-- `quality` is flags + state * 2^17 + method * 2^21 + scale * 2^25; `value` is scaled by 10^scale.
CREATE TABLE gateway (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE epoch (
    id INTEGER PRIMARY KEY, gateway INTEGER NOT NULL REFERENCES gateway, code TEXT NOT NULL, UNIQUE (gateway, code)
);
CREATE TABLE batch (
    epoch INTEGER NOT NULL, batch INTEGER NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL, row_count INTEGER NOT NULL,
    received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')), PRIMARY KEY (epoch, batch)
) WITHOUT ROWID;
CREATE TABLE batch_range (
    epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (epoch, first)
) WITHOUT ROWID;
CREATE TABLE meter (id INTEGER PRIMARY KEY, asset TEXT NOT NULL UNIQUE, gateway INTEGER NOT NULL, source TEXT NOT NULL);
CREATE TABLE point (id INTEGER PRIMARY KEY, code TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE (code, unit));
CREATE TABLE reading_row (
    meter INTEGER NOT NULL, point INTEGER NOT NULL, at INTEGER NOT NULL, key INTEGER NOT NULL,
    value INTEGER, quality INTEGER NOT NULL, PRIMARY KEY (meter, point, at, key)
) WITHOUT ROWID;
CREATE TABLE reading_note (
    meter INTEGER NOT NULL, point INTEGER NOT NULL, at INTEGER NOT NULL, key INTEGER NOT NULL,
    read_at INTEGER NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (meter, point, at, key)
) WITHOUT ROWID;
CREATE TABLE finding_row (
    gateway INTEGER NOT NULL, key TEXT NOT NULL, began TEXT NOT NULL, rule TEXT NOT NULL, meter TEXT NOT NULL,
    point TEXT NOT NULL, ended TEXT, severity INTEGER NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
    limit_text TEXT NOT NULL, check_text TEXT NOT NULL, count INTEGER NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (gateway, key, began)
);
CREATE TABLE event_row (
    epoch INTEGER NOT NULL, batch INTEGER NOT NULL, line INTEGER NOT NULL, meter TEXT NOT NULL, event TEXT NOT NULL,
    name TEXT NOT NULL, began TEXT, ended TEXT, detail TEXT NOT NULL, read_at TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (epoch, batch, line)
);
CREATE TABLE slot_row (
    gateway INTEGER NOT NULL, task TEXT NOT NULL, target TEXT NOT NULL, slot TEXT NOT NULL, due INTEGER NOT NULL,
    present INTEGER NOT NULL, outcomes TEXT NOT NULL, PRIMARY KEY (gateway, task, target, slot)
);
CREATE TABLE audit_row (
    epoch INTEGER NOT NULL, batch INTEGER NOT NULL, line INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,
    action TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (epoch, batch, line)
);
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY, received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
    topic TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE archive_meter (
    gateway INTEGER NOT NULL, asset TEXT NOT NULL, page INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (gateway, asset)
);
CREATE TABLE name (kind TEXT NOT NULL, code INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, code)) WITHOUT ROWID;
CREATE TABLE scale (scale INTEGER PRIMARY KEY, factor INTEGER NOT NULL);

CREATE VIEW reading AS
SELECT m.asset AS meter, p.code AS point,
    CASE WHEN r.value IS NULL THEN NULL
         WHEN s.scale = 0 THEN printf('%d', r.value)
         ELSE printf('%s%d.%0*d', CASE WHEN r.value < 0 THEN '-' ELSE '' END, abs(r.value) / s.factor, s.scale,
                     abs(r.value) % s.factor) END AS value,
    p.unit AS unit,
    strftime('%Y-%m-%dT%H:%M:%S', r.at / 1000000, 'unixepoch') || printf('.%06d', r.at % 1000000) || '+00:00' AS at,
    strftime('%Y-%m-%dT%H:%M:%S', coalesce(n.read_at, r.at) / 1000000, 'unixepoch')
        || printf('.%06d', coalesce(n.read_at, r.at) % 1000000) || '+00:00' AS read_at,
    o.name AS origin, st.name AS state, me.name AS method, coalesce(n.reason, '') AS reason,
    r.quality & 131071 AS flags, coalesce(n.source, m.source) AS source, r.key >> 4 AS version
FROM reading_row r
JOIN meter m ON m.id = r.meter
JOIN point p ON p.id = r.point
JOIN scale s ON s.scale = (r.quality >> 25) & 63
JOIN name o ON o.kind = 'origin' AND o.code = r.key & 15
JOIN name st ON st.kind = 'state' AND st.code = (r.quality >> 17) & 15
JOIN name me ON me.kind = 'method' AND me.code = (r.quality >> 21) & 15
LEFT JOIN reading_note n ON n.meter = r.meter AND n.point = r.point AND n.at = r.at AND n.key = r.key;

CREATE VIEW reading_effective AS
SELECT meter, point, value, unit, at, read_at, origin, state, method, reason, flags, source, version FROM (
    SELECT reading.*, row_number() OVER (
        PARTITION BY meter, point, at
        ORDER BY CASE WHEN state = 'ACCEPTED' THEN 0 ELSE 1 END,
            CASE method WHEN 'FREEZE' THEN 1 WHEN 'SETTLEMENT' THEN 1 WHEN 'CURVE' THEN 2
                ELSE CASE origin WHEN 'HHU_AUTO' THEN 4 WHEN 'HHU_KEYED' THEN 5 ELSE 3 END END,
            version DESC) AS rank
    FROM reading WHERE state IN ('PASSED', 'ACCEPTED')
) WHERE rank = 1;

CREATE VIEW register_daily AS
SELECT meter, date(at, '-1 second', '+8 hours') AS day, point, value AS register, unit, at, origin, method
FROM reading_effective WHERE method = 'FREEZE';

CREATE VIEW energy_daily AS
SELECT meter, day, point, (register - before) AS energy_kwh, unit FROM (
    SELECT meter, day, point, unit, CAST(register AS REAL) AS register,
        lag(CAST(register AS REAL)) OVER w AS before, lag(day) OVER w AS day_before
    FROM register_daily WHERE unit = 'kWh' WINDOW w AS (PARTITION BY meter, point ORDER BY day)
) WHERE day_before = date(day, '-1 day') AND register >= before;

CREATE VIEW finding AS
SELECT f.meter, f.rule, f.point, f.began, f.ended, f.severity, f.state, f.value, f.limit_text, f.check_text, f.count,
    g.name AS gateway, f.source, f.key
FROM finding_row f JOIN gateway g ON g.id = f.gateway;

CREATE VIEW event AS
SELECT e.meter, e.event, e.name, e.began, e.ended, e.detail, e.read_at, g.name AS gateway, e.source
FROM event_row e JOIN epoch p ON p.id = e.epoch JOIN gateway g ON g.id = p.gateway;

CREATE VIEW audit AS
SELECT a.at, a.actor, a.action, a.object, a.outcome, a.detail, g.name AS gateway
FROM audit_row a JOIN epoch p ON p.id = a.epoch JOIN gateway g ON g.id = p.gateway;

CREATE VIEW collection_success AS
SELECT g.name AS gateway, s.target, s.task, date(s.slot) AS day, count(*) AS slots, sum(s.due) AS due,
    sum(s.present) AS present, round(1.0 * sum(s.present) / max(sum(s.due), 1), 4) AS success_rate
FROM slot_row s JOIN gateway g ON g.id = s.gateway GROUP BY 1, 2, 3, 4;
