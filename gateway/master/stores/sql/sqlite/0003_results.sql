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
