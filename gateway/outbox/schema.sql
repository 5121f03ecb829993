-- The outbox, schema version 1 (PRAGMA user_version).
-- A batch's state: 0 waits for the master, 1 committed there and kept for a replay, 2 committed and to be sent
-- again, 3 handed to a broker that never answers (ack = "keep"). Times are seconds since 1970.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    class TEXT NOT NULL,
    rows INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    made REAL NOT NULL,
    done REAL,
    body BLOB NOT NULL,
    UNIQUE (epoch, number)
);
CREATE INDEX batch_waiting ON batch (id) WHERE state IN (0, 2);
CREATE INDEX batch_done ON batch (done) WHERE state = 1;
CREATE INDEX batch_sent ON batch (made) WHERE state = 3;

CREATE TABLE dead (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    class TEXT NOT NULL,
    rows INTEGER NOT NULL,
    made REAL NOT NULL,
    at REAL NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL
);

-- Rows counted since the file began: accepted, committed, dead, dropped; reason only for dead and dropped.
CREATE TABLE counter (
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    reason TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, class, reason)
) WITHOUT ROWID;

-- Small states of the daemon, saved together with the rows they belong to.
CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The ledger: for each slot of a task at a target one byte per meter, at the meter's place in the target.
CREATE TABLE ledger_name (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE ledger_outcome (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 255),
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE ledger_meter (
    target INTEGER NOT NULL,
    meter TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (target, meter)
) WITHOUT ROWID;
CREATE TABLE ledger (
    task INTEGER NOT NULL,
    target INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    outcomes BLOB NOT NULL,
    PRIMARY KEY (task, target, slot)
) WITHOUT ROWID;
