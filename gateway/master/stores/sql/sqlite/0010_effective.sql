-- The same order as gateway/energy/effective.py: rank, then version, the finer register, and the one that came first.

DROP VIEW reading_effective;
CREATE VIEW reading_effective AS
SELECT meter, point, at, value, unit, read_at, origin, state, method, reason, flags, source, version, gateway
FROM (
    SELECT reading.*, row_number() OVER (
        PARTITION BY meter, point, at
        ORDER BY CASE WHEN state IN ('ACCEPTED', 'EDITED', 'FINAL') THEN 0
                      WHEN state = 'ESTIMATED' THEN 6
                      WHEN origin IN ('HHU_AUTO', 'FILE') THEN 4
                      WHEN origin IN ('HHU_KEYED', 'MANUAL') THEN 5
                      WHEN method IN ('FREEZE', 'SETTLEMENT', 'REREAD') THEN 1
                      WHEN method = 'CURVE' THEN 2
                      WHEN method = 'LIVE' THEN 3
                      ELSE 6 END,
                 version DESC,
                 CASE instr(value, '.') WHEN 0 THEN 0 ELSE length(value) - instr(value, '.') END DESC,
                 read_at, source, value) AS place
    FROM reading
    WHERE value IS NOT NULL AND state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL', 'ESTIMATED')
)
WHERE place = 1;
