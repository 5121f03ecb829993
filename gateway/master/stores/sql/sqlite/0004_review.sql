-- Review by people: an append-only record, orders for the field, periods that are final, supplements to them.
-- Instants are ISO 8601 in UTC with microseconds: they are hashed as they stand.

CREATE TABLE review_log (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    instant TEXT,
    actor TEXT NOT NULL,
    login TEXT NOT NULL,
    action TEXT NOT NULL,
    item TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX review_log_item ON review_log (item, number);
CREATE INDEX review_log_subject ON review_log (subject, instant);
CREATE TRIGGER review_log_kept BEFORE UPDATE ON review_log BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END;
CREATE TRIGGER review_log_whole BEFORE DELETE ON review_log BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END;

CREATE TABLE field_order (
    opened TEXT NOT NULL,
    closed TEXT,
    number TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    subject TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    told TEXT NOT NULL,                   -- what the order says: findings and check list as JSON
    result TEXT NOT NULL DEFAULT '',
    checker TEXT NOT NULL DEFAULT '',
    remark TEXT NOT NULL DEFAULT '',
    closed_by TEXT NOT NULL DEFAULT ''
);

CREATE TABLE final_period (
    start TEXT NOT NULL,
    ending TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (start, ending)
);

CREATE TABLE supplement (
    at TEXT NOT NULL,
    start TEXT NOT NULL,
    ending TEXT NOT NULL,
    number TEXT PRIMARY KEY,
    meter TEXT NOT NULL,
    kwh TEXT NOT NULL,                    -- added to the final figure; negative: refunded
    reason TEXT NOT NULL,
    applicant TEXT NOT NULL,
    checker TEXT NOT NULL,
    checked TEXT NOT NULL,                -- result of the check on site
    state TEXT NOT NULL                   -- applied, approved
);
