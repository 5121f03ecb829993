-- Review by people: an append-only record, orders for the field, periods that are final, supplements to them.
-- Instants are ISO 8601 in UTC with microseconds: they are hashed as they stand.

CREATE TABLE review_log (
    number bigint PRIMARY KEY,
    at text NOT NULL,
    instant text,
    actor text NOT NULL,
    login text NOT NULL,
    action text NOT NULL,
    item text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL
);
CREATE INDEX review_log_item ON review_log (item, number);
CREATE INDEX review_log_subject ON review_log (subject, instant);
CREATE FUNCTION review_log_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the record is only added to'; END $$;
CREATE TRIGGER review_log_kept BEFORE UPDATE OR DELETE ON review_log
FOR EACH ROW EXECUTE FUNCTION review_log_kept();
CREATE TRIGGER review_log_whole BEFORE TRUNCATE ON review_log
FOR EACH STATEMENT EXECUTE FUNCTION review_log_kept();

CREATE TABLE field_order (
    opened text NOT NULL,
    closed text,
    number text PRIMARY KEY,
    item text NOT NULL,
    subject text NOT NULL,
    opened_by text NOT NULL,
    told text NOT NULL,                   -- what the order says: findings and check list as JSON
    result text NOT NULL DEFAULT '',
    checker text NOT NULL DEFAULT '',
    remark text NOT NULL DEFAULT '',
    closed_by text NOT NULL DEFAULT ''
);

CREATE TABLE final_period (
    start text NOT NULL,
    ending text NOT NULL,
    at text NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (start, ending)
);

CREATE TABLE supplement (
    at text NOT NULL,
    start text NOT NULL,
    ending text NOT NULL,
    number text PRIMARY KEY,
    meter text NOT NULL,
    kwh text NOT NULL,                    -- added to the final figure; negative: refunded
    reason text NOT NULL,
    applicant text NOT NULL,
    checker text NOT NULL,
    checked text NOT NULL,                -- result of the check on site
    state text NOT NULL                   -- applied, approved
);
