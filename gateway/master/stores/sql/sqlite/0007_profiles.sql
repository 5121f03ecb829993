-- Shapes of days, which later days are held against, and the meters of one metering point.

CREATE TABLE profile_row (
    start INTEGER NOT NULL,               -- microseconds since 1970
    meter INTEGER NOT NULL,
    powers TEXT NOT NULL,                 -- JSON: mean powers of the day's 24 hours, as the meter shows them
    PRIMARY KEY (start, meter)
) WITHOUT ROWID;
CREATE INDEX archive_meter_mp_no ON archive_meter (mp_no);
