-- The same order as gateway/energy/effective.py: rank, then version, the finer register, and the one that came first.

CREATE OR REPLACE VIEW reading_effective AS
SELECT DISTINCT ON (at, meter, point)
       meter, point, at, value, unit, read_at, origin, state, method, reason, flags, source, version, gateway
FROM reading
WHERE value IS NOT NULL AND state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL', 'ESTIMATED')
ORDER BY at, meter, point,
         CASE WHEN state IN ('ACCEPTED', 'EDITED', 'FINAL') THEN 0
              WHEN state = 'ESTIMATED' THEN 6
              WHEN origin IN ('HHU_AUTO', 'FILE') THEN 4
              WHEN origin IN ('HHU_KEYED', 'MANUAL') THEN 5
              WHEN method IN ('FREEZE', 'SETTLEMENT', 'REREAD') THEN 1
              WHEN method = 'CURVE' THEN 2
              WHEN method = 'LIVE' THEN 3
              ELSE 6 END,
         version DESC, scale(value) DESC, read_at, source COLLATE "C", value::text COLLATE "C";
