-- `key` is origin + 16 * version; `quality` is flags + state * 2^17 + method * 2^21 + scale * 2^25.
-- Columns of eight bytes come first: a reading takes no padding.
CREATE TABLE gateway (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE epoch (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gateway integer NOT NULL REFERENCES gateway,
    code text NOT NULL, UNIQUE (gateway, code)
);
CREATE TABLE batch (
    batch bigint NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), epoch integer NOT NULL,
    row_count integer NOT NULL, kind text NOT NULL, sha256 text NOT NULL, PRIMARY KEY (epoch, batch)
);
CREATE TABLE batch_range (
    first bigint NOT NULL, last bigint NOT NULL, epoch integer NOT NULL, PRIMARY KEY (epoch, first)
);
CREATE TABLE meter (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gateway integer NOT NULL, asset text NOT NULL UNIQUE,
    source text NOT NULL
);
CREATE TABLE point (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL, unit text NOT NULL, UNIQUE (code, unit)
);
CREATE TABLE reading_row (
    at timestamptz NOT NULL, value bigint, meter integer NOT NULL, quality integer NOT NULL, point smallint NOT NULL,
    key smallint NOT NULL, PRIMARY KEY (meter, at, point, key)
) PARTITION BY RANGE (at);
CREATE TABLE reading_other PARTITION OF reading_row DEFAULT;
CREATE TABLE reading_note (
    at timestamptz NOT NULL, read_at timestamptz NOT NULL, meter integer NOT NULL, point smallint NOT NULL,
    key smallint NOT NULL, reason text NOT NULL, source text NOT NULL, PRIMARY KEY (meter, at, point, key)
);
CREATE TABLE finding_row (
    began timestamptz NOT NULL, ended timestamptz, gateway integer NOT NULL, severity integer NOT NULL,
    count integer NOT NULL, key text NOT NULL, rule text NOT NULL, meter text NOT NULL, point text NOT NULL,
    state text NOT NULL, value text NOT NULL, limit_text text NOT NULL, check_text text NOT NULL, source text NOT NULL,
    PRIMARY KEY (gateway, key, began)
);
CREATE TABLE event_row (
    batch bigint NOT NULL, began timestamptz, ended timestamptz, read_at timestamptz NOT NULL, epoch integer NOT NULL,
    line integer NOT NULL, meter text NOT NULL, event text NOT NULL, name text NOT NULL, detail text NOT NULL,
    source text NOT NULL, PRIMARY KEY (epoch, batch, line)
);
CREATE TABLE slot_row (
    slot timestamptz NOT NULL, gateway integer NOT NULL, due integer NOT NULL, present integer NOT NULL,
    task text NOT NULL, target text NOT NULL, outcomes text NOT NULL, PRIMARY KEY (gateway, task, target, slot)
);
CREATE TABLE audit_row (
    batch bigint NOT NULL, at timestamptz NOT NULL, epoch integer NOT NULL, line integer NOT NULL, actor text NOT NULL,
    action text NOT NULL, object text NOT NULL, outcome text NOT NULL, detail text NOT NULL,
    PRIMARY KEY (epoch, batch, line)
);
CREATE TABLE dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(),
    topic text NOT NULL, reason text NOT NULL, body bytea NOT NULL
);
CREATE TABLE archive_meter (
    gateway integer NOT NULL, page integer NOT NULL, asset text NOT NULL, record text NOT NULL,
    PRIMARY KEY (gateway, asset)
);
CREATE TABLE name (kind text NOT NULL, code integer NOT NULL, name text NOT NULL, PRIMARY KEY (kind, code));
CREATE TABLE scale (scale integer PRIMARY KEY, factor bigint NOT NULL);

CREATE VIEW reading AS
SELECT m.asset AS meter, p.code AS point, round(r.value::numeric / s.factor, s.scale) AS value, p.unit AS unit,
    r.at AS at, coalesce(n.read_at, r.at) AS read_at, o.name AS origin, st.name AS state, me.name AS method,
    coalesce(n.reason, '') AS reason, r.quality & 131071 AS flags, coalesce(n.source, m.source) AS source,
    r.key >> 4 AS version
FROM reading_row r
JOIN meter m ON m.id = r.meter
JOIN point p ON p.id = r.point
JOIN scale s ON s.scale = (r.quality >> 25) & 63
JOIN name o ON o.kind = 'origin' AND o.code = r.key & 15
JOIN name st ON st.kind = 'state' AND st.code = (r.quality >> 17) & 15
JOIN name me ON me.kind = 'method' AND me.code = (r.quality >> 21) & 15
LEFT JOIN reading_note n ON n.meter = r.meter AND n.point = r.point AND n.at = r.at AND n.key = r.key;

CREATE VIEW reading_effective AS
SELECT DISTINCT ON (meter, point, at)
    meter, point, value, unit, at, read_at, origin, state, method, reason, flags, source, version
FROM reading WHERE state IN ('PASSED', 'ACCEPTED')
ORDER BY meter, point, at,
    CASE WHEN state = 'ACCEPTED' THEN 0 ELSE 1 END,
    CASE method WHEN 'FREEZE' THEN 1 WHEN 'SETTLEMENT' THEN 1 WHEN 'CURVE' THEN 2
        ELSE CASE origin WHEN 'HHU_AUTO' THEN 4 WHEN 'HHU_KEYED' THEN 5 ELSE 3 END END,
    version DESC;

CREATE VIEW register_daily AS
SELECT meter, ((at - interval '1 second') AT TIME ZONE 'Asia/Shanghai')::date AS day, point, value AS register, unit,
    at, origin, method
FROM reading_effective WHERE method = 'FREEZE';

CREATE VIEW energy_daily AS
SELECT meter, day, point, register - before AS energy_kwh, unit FROM (
    SELECT meter, day, point, unit, register, lag(register) OVER w AS before, lag(day) OVER w AS day_before
    FROM register_daily WHERE unit = 'kWh' WINDOW w AS (PARTITION BY meter, point ORDER BY day)
) d WHERE day_before = day - 1 AND register >= before;

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
SELECT g.name AS gateway, s.target, s.task, (s.slot AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS slots,
    sum(s.due) AS due, sum(s.present) AS present,
    round(sum(s.present)::numeric / greatest(sum(s.due), 1), 4) AS success_rate
FROM slot_row s JOIN gateway g ON g.id = s.gateway GROUP BY 1, 2, 3, 4;
