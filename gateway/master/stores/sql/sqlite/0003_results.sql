-- The archive in force, and what is computed from readings: energy, aggregates, loss.

CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                   -- line or transformer
    code TEXT NOT NULL,
    UNIQUE (kind, code)
);

-- As gateways publish it; that of gateway 0 is the master's own and goes before.
CREATE TABLE archive (
    taken TEXT NOT NULL,
    gateway INTEGER PRIMARY KEY REFERENCES gateway (id),
    digest TEXT NOT NULL
);

CREATE TABLE archive_meter (
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    meter INTEGER NOT NULL REFERENCES meter (id),
    valid_from TEXT,
    valid_to TEXT,
    digits INTEGER NOT NULL,
    decimals INTEGER NOT NULL,
    tariffs INTEGER NOT NULL,
    register_is_primary INTEGER NOT NULL,
    ct TEXT NOT NULL,
    pt TEXT NOT NULL,
    rated_voltage TEXT,
    rated_current TEXT,
    max_current TEXT,
    capacity_kva TEXT,
    pf_standard TEXT,
    mp_no TEXT NOT NULL,
    status TEXT NOT NULL,
    protocol TEXT NOT NULL,
    model TEXT NOT NULL,
    target TEXT NOT NULL,
    customer_class TEXT NOT NULL,
    accuracy TEXT NOT NULL,
    wiring TEXT NOT NULL,
    phase TEXT NOT NULL,
    metering_side TEXT NOT NULL,
    supply_type TEXT NOT NULL,
    route TEXT NOT NULL,
    PRIMARY KEY (meter, gateway)
) WITHOUT ROWID;

CREATE TABLE archive_relation (
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    meter INTEGER NOT NULL REFERENCES meter (id),
    node INTEGER NOT NULL REFERENCES node (id),
    valid_from TEXT,
    valid_to TEXT,
    sign INTEGER NOT NULL,
    side TEXT NOT NULL                    -- supply or sale
);
CREATE INDEX archive_relation_meter ON archive_relation (meter);
CREATE INDEX archive_relation_node ON archive_relation (node);

CREATE TABLE archive_node (
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    node INTEGER NOT NULL REFERENCES node (id),
    voltage TEXT,
    capacity_kva TEXT,
    name TEXT NOT NULL,
    line TEXT NOT NULL,                   -- of a transformer: the code of its line
    PRIMARY KEY (node, gateway)
) WITHOUT ROWID;

CREATE TABLE archive_exchange (
    at INTEGER NOT NULL,
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    old_meter INTEGER NOT NULL REFERENCES meter (id),
    new_meter INTEGER NOT NULL REFERENCES meter (id),
    ct TEXT NOT NULL,
    pt TEXT NOT NULL,
    mp_no TEXT NOT NULL,
    old_finals TEXT NOT NULL,             -- [[point, register], ...]
    new_initials TEXT NOT NULL
);
CREATE INDEX archive_exchange_old ON archive_exchange (old_meter);
CREATE INDEX archive_exchange_new ON archive_exchange (new_meter);

CREATE TABLE gateway_status (
    at TEXT NOT NULL,                     -- when the master heard it
    backlog INTEGER,
    gateway INTEGER PRIMARY KEY REFERENCES gateway (id),
    state TEXT NOT NULL,
    version TEXT NOT NULL,
    config TEXT NOT NULL
);

-- Days up to it were computed as a whole for the meters of the gateway.
ALTER TABLE gateway ADD COLUMN opened TEXT;

-- What has to be computed again. Rows are only added; the run that has done it takes away those that it saw.
-- `meter` 0 stands for all meters of the gateway; a `node` is one node without its meters.
CREATE TABLE stale (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,
    gateway INTEGER NOT NULL,
    meter INTEGER NOT NULL,
    node INTEGER NOT NULL
);

CREATE TABLE lease (until TEXT NOT NULL, name TEXT PRIMARY KEY, holder TEXT NOT NULL);

CREATE TABLE span (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO span VALUES (0, '15m'), (1, '1h'), (2, '1d'), (3, '1mo');

-- What is said of an energy: few different ones, kept once each.
CREATE TABLE energy_quality (
    id INTEGER PRIMARY KEY,
    scale INTEGER NOT NULL,               -- decimal places of the energy
    register_scale INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    multiplier TEXT NOT NULL,
    computed TEXT NOT NULL,
    method TEXT NOT NULL,
    reason TEXT NOT NULL,
    worst TEXT NOT NULL,
    UNIQUE (scale, register_scale, flags, multiplier, computed, method, reason, worst)
);

CREATE TABLE energy_row (
    start INTEGER NOT NULL,               -- microseconds since 1970
    meter INTEGER NOT NULL,
    point INTEGER NOT NULL,
    variant INTEGER NOT NULL,             -- version * 4 + span
    energy INTEGER,                       -- primary side, scaled; NULL: not known
    begin_register INTEGER,               -- secondary side, scaled
    end_register INTEGER,
    quality INTEGER NOT NULL,
    skew INTEGER NOT NULL,                -- seconds
    PRIMARY KEY (start, meter, point, variant)
) WITHOUT ROWID;

-- Sums of one side of a node: of each gateway as it sent them, and of the master (gateway 0).
CREATE TABLE aggregate_row (
    start INTEGER NOT NULL,               -- microseconds since 1970
    ending INTEGER NOT NULL,
    energy INTEGER NOT NULL,              -- scaled
    node INTEGER NOT NULL REFERENCES node (id),
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    due INTEGER NOT NULL,
    present INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    estimated_share INTEGER NOT NULL,     -- millionths of the energy
    skew INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    version INTEGER NOT NULL,
    span INTEGER NOT NULL,
    scale INTEGER NOT NULL,
    side TEXT NOT NULL,
    unit TEXT NOT NULL,
    worst TEXT NOT NULL,
    PRIMARY KEY (start, node, span, side, unit, gateway, version)
) WITHOUT ROWID;

CREATE TABLE loss_row (
    start INTEGER NOT NULL,               -- microseconds since 1970
    ending INTEGER NOT NULL,
    supply INTEGER,                       -- scaled, as sale, loss and bound
    sale INTEGER,
    loss INTEGER,
    bound INTEGER,
    rate INTEGER,                         -- millionths, as rate_low, rate_high and coverage
    rate_low INTEGER,
    rate_high INTEGER,
    node INTEGER NOT NULL REFERENCES node (id),
    coverage INTEGER NOT NULL,
    due INTEGER NOT NULL,
    present INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    skew INTEGER NOT NULL,
    version INTEGER NOT NULL,
    span INTEGER NOT NULL,
    scale INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (start, node, span, version)
) WITHOUT ROWID;

-- What later data would change in a period that is final; the results themselves stay.
CREATE TABLE correction_row (
    start INTEGER NOT NULL,
    made TEXT NOT NULL,
    span INTEGER NOT NULL,
    object TEXT NOT NULL,                 -- number of the meter and of the point, with a colon between
    cells TEXT NOT NULL,                  -- JSON: energy, registers, quality, skew as in energy_row
    PRIMARY KEY (start, span, object, cells)
) WITHOUT ROWID;

-- What rules of the second review hit, by day; findings follow from runs of days.
CREATE TABLE second_hit (
    day TEXT NOT NULL,
    severity INTEGER NOT NULL,
    sure INTEGER NOT NULL,
    object TEXT NOT NULL,                 -- a meter, line:CODE or transformer:CODE
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    limit_text TEXT NOT NULL,
    PRIMARY KEY (object, rule, day)
) WITHOUT ROWID;
CREATE INDEX finding_meter ON finding_row (meter);

-- Names for people. Days are those of the setting `utc_offset_seconds`; each shows the latest version.

CREATE TABLE ten (places INTEGER PRIMARY KEY, power INTEGER NOT NULL);
INSERT INTO ten VALUES (0, 1), (1, 10), (2, 100), (3, 1000), (4, 10000), (5, 100000), (6, 1000000);

DROP VIEW energy_daily;

CREATE VIEW energy_daily AS
SELECT m.asset AS meter,
       date(e.start / 1000000 + z.value, 'unixepoch') AS day,
       p.code AS point,
       round(1.0 * e.energy / (SELECT power FROM ten WHERE places = q.scale), q.scale) AS energy_kwh,
       CAST(q.multiplier AS REAL) AS multiplier,
       round(1.0 * e.begin_register / (SELECT power FROM ten WHERE places = q.register_scale), q.register_scale) AS begin_register_kwh,
       round(1.0 * e.end_register / (SELECT power FROM ten WHERE places = q.register_scale), q.register_scale) AS end_register_kwh,
       q.computed AS computed,
       q.method AS method,
       q.reason AS reason,
       q.worst AS state,
       q.flags AS flags,
       e.skew AS skew_seconds,
       e.variant >> 2 AS version
FROM energy_row e
JOIN energy_quality q ON q.id = e.quality
JOIN meter m ON m.id = e.meter
JOIN point p ON p.id = e.point
JOIN setting z ON z.name = 'utc_offset_seconds'
WHERE e.variant & 3 = 2 AND p.code GLOB '1-[0-9]:[12].*'
  AND NOT EXISTS (SELECT 1 FROM energy_row n WHERE n.start = e.start AND n.meter = e.meter AND n.point = e.point
                  AND n.variant > e.variant AND n.variant & 3 = 2);

CREATE VIEW aggregate AS
SELECT n.kind AS node_kind,
       n.code AS node,
       date(a.start / 1000000 + z.value, 'unixepoch') AS day,
       s.name AS span,
       strftime('%Y-%m-%dT%H:%M:%S', a.start / 1000000, 'unixepoch') || '+00:00' AS start,
       a.side AS side,
       round(1.0 * a.energy / (SELECT power FROM ten WHERE places = a.scale), a.scale) AS energy_kwh,
       a.due AS due,
       a.present AS present,
       a.estimated AS estimated,
       round(a.estimated_share / 1000000.0, 6) AS estimated_share,
       a.worst AS state,
       a.skew AS skew_seconds,
       a.flags AS flags,
       a.version AS version,
       g.name AS gateway
FROM aggregate_row a
JOIN node n ON n.id = a.node
JOIN span s ON s.id = a.span
JOIN gateway g ON g.id = a.gateway
JOIN setting z ON z.name = 'utc_offset_seconds'
WHERE a.unit = 'kWh'
  AND NOT EXISTS (SELECT 1 FROM aggregate_row b WHERE b.start = a.start AND b.node = a.node AND b.span = a.span
                  AND b.side = a.side AND b.unit = a.unit AND b.gateway = a.gateway AND b.version > a.version);

CREATE VIEW line_energy AS
SELECT node AS line, day, span, start, side, energy_kwh, due, present, estimated, estimated_share, state,
       skew_seconds, flags, version
FROM aggregate WHERE node_kind = 'line' AND gateway = '';

CREATE VIEW transformer_energy AS
SELECT node AS transformer, day, span, start, side, energy_kwh, due, present, estimated, estimated_share, state,
       skew_seconds, flags, version
FROM aggregate WHERE node_kind = 'transformer' AND gateway = '';

CREATE VIEW loss AS
SELECT n.kind AS node_kind,
       n.code AS node,
       date(l.start / 1000000 + z.value, 'unixepoch') AS day,
       s.name AS span,
       round(1.0 * l.supply / (SELECT power FROM ten WHERE places = l.scale), l.scale) AS supply_kwh,
       round(1.0 * l.sale / (SELECT power FROM ten WHERE places = l.scale), l.scale) AS sale_kwh,
       round(1.0 * l.loss / (SELECT power FROM ten WHERE places = l.scale), l.scale) AS loss_kwh,
       round(l.rate / 1000000.0, 6) AS loss_rate,
       round(l.rate_low / 1000000.0, 6) AS loss_rate_low,
       round(l.rate_high / 1000000.0, 6) AS loss_rate_high,
       round(1.0 * l.bound / (SELECT power FROM ten WHERE places = l.scale), l.scale) AS bound_kwh,
       round(l.coverage / 1000000.0, 6) AS coverage,
       l.due AS due,
       l.present AS present,
       l.estimated AS estimated,
       l.state AS state,
       l.reason AS reason,
       l.skew AS skew_seconds,
       l.version AS version
FROM loss_row l
JOIN node n ON n.id = l.node
JOIN span s ON s.id = l.span
JOIN setting z ON z.name = 'utc_offset_seconds'
WHERE NOT EXISTS (SELECT 1 FROM loss_row b WHERE b.start = l.start AND b.node = l.node AND b.span = l.span
                  AND b.version > l.version);

CREATE VIEW line_loss AS
SELECT node AS line, day, span, supply_kwh, sale_kwh, loss_kwh, loss_rate, loss_rate_low, loss_rate_high, bound_kwh,
       coverage, due, present, estimated, state, reason, skew_seconds, version
FROM loss WHERE node_kind = 'line';

CREATE VIEW transformer_loss AS
SELECT node AS transformer, day, span, supply_kwh, sale_kwh, loss_kwh, loss_rate, loss_rate_low, loss_rate_high,
       bound_kwh, coverage, due, present, estimated, state, reason, skew_seconds, version
FROM loss WHERE node_kind = 'transformer';
