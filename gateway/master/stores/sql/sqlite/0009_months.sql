-- Months are reviewed beside days: their hits stand apart. `day` is the first day of the period.

CREATE TABLE second_hit_of_spans (
    day TEXT NOT NULL,
    span INTEGER NOT NULL DEFAULT 2,      -- as in `span`: a day or a month
    severity INTEGER NOT NULL,
    sure INTEGER NOT NULL,
    object TEXT NOT NULL,                 -- a meter, line:CODE or transformer:CODE
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    limit_text TEXT NOT NULL,
    PRIMARY KEY (object, rule, span, day)
) WITHOUT ROWID;
INSERT INTO second_hit_of_spans (day, severity, sure, object, rule, value, limit_text)
    SELECT day, severity, sure, object, rule, value, limit_text FROM second_hit;
DROP TABLE second_hit;
ALTER TABLE second_hit_of_spans RENAME TO second_hit;
