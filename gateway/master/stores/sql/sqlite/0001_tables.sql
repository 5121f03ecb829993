-- What the master keeps. Readings are narrow: numbers stand for meters, points and what is said of a value.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE gateway (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO gateway (id, name) VALUES (0, '');  -- the master itself, for its own findings

CREATE TABLE epoch (
    id INTEGER PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    name TEXT NOT NULL,
    upto INTEGER NOT NULL DEFAULT 0,      -- every batch up to it is here
    also TEXT NOT NULL DEFAULT '[]',      -- and these ranges
    UNIQUE (gateway, name)
);

CREATE TABLE batch (
    epoch INTEGER NOT NULL REFERENCES epoch (id),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    received TEXT NOT NULL,
    PRIMARY KEY (epoch, number)
) WITHOUT ROWID;

CREATE TABLE meter (
    id INTEGER PRIMARY KEY,
    asset TEXT NOT NULL UNIQUE,
    gateway INTEGER NOT NULL REFERENCES gateway (id)   -- who reads it: the first that did
);
CREATE TABLE point (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);
CREATE TABLE origin (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE quality (
    id INTEGER PRIMARY KEY,
    unit TEXT NOT NULL,
    scale INTEGER NOT NULL,               -- decimal places of the value
    state TEXT NOT NULL,
    method TEXT NOT NULL,
    reason TEXT NOT NULL,
    flags INTEGER NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (unit, scale, state, method, reason, flags, source)
);

CREATE TABLE reading_row (
    at INTEGER NOT NULL,                  -- microseconds since 1970
    meter INTEGER NOT NULL,
    point INTEGER NOT NULL,
    variant INTEGER NOT NULL,             -- version * 16 + origin
    value INTEGER,                        -- scaled; NULL: the meter has none
    quality INTEGER NOT NULL,
    lag INTEGER NOT NULL,                 -- seconds from `at` to when it was read
    PRIMARY KEY (at, meter, point, variant)
) WITHOUT ROWID;

CREATE TABLE finding_row (
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    key TEXT NOT NULL,
    began TEXT NOT NULL,
    rank INTEGER NOT NULL,                -- of two reports of one finding the higher is the later
    ended TEXT,
    rule TEXT NOT NULL,
    meter TEXT NOT NULL,
    point TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    value TEXT NOT NULL,
    limit_text TEXT NOT NULL,
    check_text TEXT NOT NULL,
    count INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (gateway, key, began)
) WITHOUT ROWID;

CREATE TABLE event_row (
    digest TEXT PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    meter TEXT NOT NULL,
    event TEXT NOT NULL,
    name TEXT NOT NULL,
    began TEXT,
    ended TEXT,
    detail TEXT NOT NULL,
    read_at TEXT NOT NULL,
    source TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE slot_row (
    digest TEXT PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    present INTEGER NOT NULL,
    task TEXT NOT NULL,
    target TEXT NOT NULL,
    slot TEXT NOT NULL,
    due INTEGER NOT NULL,
    outcomes TEXT NOT NULL                -- JSON: [[meter, outcome], ...]
) WITHOUT ROWID;

CREATE TABLE audit_row (
    digest TEXT PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateway (id),
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;

-- Rows of a committed batch that make no sense, as they came.
CREATE TABLE set_aside (
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    place INTEGER NOT NULL,
    reason TEXT NOT NULL,
    cells TEXT NOT NULL,
    PRIMARY KEY (epoch, number, place)
) WITHOUT ROWID;

-- Bodies that are no batch; only the latest are kept.
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received TEXT NOT NULL,
    topic TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL
);
