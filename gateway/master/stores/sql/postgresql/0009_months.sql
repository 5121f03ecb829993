-- Months are reviewed beside days: their hits stand apart. `day` is the first day of the period, `span` as in the
-- table of that name.

ALTER TABLE second_hit ADD COLUMN span smallint NOT NULL DEFAULT 2;
ALTER TABLE second_hit DROP CONSTRAINT second_hit_pkey;
ALTER TABLE second_hit ADD PRIMARY KEY (object, rule, span, day);
