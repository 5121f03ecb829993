-- Shapes of days, which later days are held against, and the meters of one metering point.

CREATE TABLE profile_row (
    start timestamptz NOT NULL,
    meter integer NOT NULL,
    powers text NOT NULL,                 -- JSON: mean powers of the day's 24 hours, as the meter shows them
    PRIMARY KEY (start, meter)
);
CREATE INDEX archive_meter_mp_no ON archive_meter (mp_no);
