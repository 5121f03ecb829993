-- Names for people. Days are those of the setting `utc_offset_seconds`.

CREATE VIEW reading AS
SELECT m.asset AS meter,
       p.code AS point,
       r.at AS at,
       round(r.value / 10::numeric ^ q.scale, q.scale) AS value,
       q.unit AS unit,
       date_trunc('second', r.at) + make_interval(secs => r.lag) AS read_at,
       o.name AS origin,
       q.state AS state,
       q.method AS method,
       q.reason AS reason,
       q.flags AS flags,
       q.source AS source,
       r.variant >> 4 AS version,
       g.name AS gateway
FROM reading_row r
LEFT JOIN meter m ON m.id = r.meter
LEFT JOIN point p ON p.id = r.point
LEFT JOIN quality q ON q.id = r.quality
LEFT JOIN origin o ON o.id = r.variant & 15
LEFT JOIN gateway g ON g.id = m.gateway;

-- One value for each meter, point and instant, and only values that count. What a person accepted comes first,
-- then the meter's or terminal's freeze, the curve, the live value, hand-held automatic, hand-held keyed.
CREATE VIEW reading_effective AS
SELECT DISTINCT ON (at, meter, point)
       meter, point, at, value, unit, read_at, origin, state, method, reason, flags, source, version, gateway
FROM reading
WHERE value IS NOT NULL AND state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL', 'ESTIMATED')
ORDER BY at, meter, point,
         CASE WHEN state IN ('ACCEPTED', 'EDITED', 'FINAL') THEN 0
              WHEN state = 'ESTIMATED' THEN 6
              WHEN origin = 'HHU_AUTO' THEN 4
              WHEN origin IN ('HHU_KEYED', 'MANUAL') THEN 5
              WHEN method IN ('FREEZE', 'SETTLEMENT') THEN 1
              WHEN method = 'CURVE' THEN 2
              ELSE 3 END,
         version DESC, origin;

-- The register at the end of a day: what holds at 24:00.
CREATE VIEW register_daily AS
SELECT r.meter AS meter,
       ((r.at AT TIME ZONE 'UTC') + make_interval(secs => s.value::integer - 86400))::date AS day,
       r.point AS point,
       r.value AS register,
       r.unit AS unit,
       r.state AS state,
       r.method AS method
FROM reading_effective r
JOIN setting s ON s.name = 'utc_offset_seconds'
WHERE r.unit IN ('kWh', 'kvarh')
  AND ((r.at AT TIME ZONE 'UTC') + make_interval(secs => s.value::integer))::time = '00:00';

-- Energy of a day, secondary side (multiplier 1). NULL where the register went down: that is for a person.
CREATE VIEW energy_daily AS
SELECT b.meter AS meter,
       b.day AS day,
       b.point AS point,
       CASE WHEN b.register >= a.register THEN b.register - a.register END AS energy_kwh,
       1 AS multiplier
FROM register_daily b
JOIN register_daily a ON a.meter = b.meter AND a.point = b.point AND a.day = b.day - 1
WHERE b.unit = 'kWh';

CREATE VIEW finding AS
SELECT f.meter AS meter, f.point AS point, f.rule AS rule, f.began AS began, f.ended AS ended,
       f.severity AS severity, f.state AS state, f.value AS value, f.limit_text AS "limit",
       f.check_text AS "check", f.count AS count, f.source AS source, f.key AS key, g.name AS gateway
FROM finding_row f
JOIN gateway g ON g.id = f.gateway;

CREATE VIEW collection_success AS
SELECT o.value ->> 0 AS meter,
       ((s.slot AT TIME ZONE 'UTC') + make_interval(secs => z.value::integer))::date AS day,
       s.task AS task,
       count(*) AS due,
       count(*) FILTER (WHERE o.value ->> 1 IN ('ok', 'partial', 'backfilled')) AS present,
       round(count(*) FILTER (WHERE o.value ->> 1 IN ('ok', 'partial', 'backfilled'))::numeric / count(*), 4)
           AS success_rate
FROM slot_row s
JOIN setting z ON z.name = 'utc_offset_seconds'
CROSS JOIN LATERAL jsonb_array_elements(s.outcomes) o
GROUP BY 1, 2, 3;
