-- Names for people. Instants are ISO 8601 in UTC, days are those of the setting `utc_offset_seconds`.

CREATE VIEW reading AS
SELECT m.asset AS meter,
       p.code AS point,
       strftime('%Y-%m-%dT%H:%M:%S', r.at / 1000000, 'unixepoch')
           || CASE WHEN r.at % 1000000 THEN printf('.%06d', r.at % 1000000) ELSE '' END || '+00:00' AS at,
       CASE WHEN r.value IS NULL THEN NULL
            WHEN q.scale = 0 THEN CAST(r.value AS TEXT)
            ELSE CASE WHEN r.value < 0 THEN '-' ELSE '' END
                 || substr(printf('%0*d', q.scale + 1, abs(r.value)), 1,
                           length(printf('%0*d', q.scale + 1, abs(r.value))) - q.scale)
                 || '.' || substr(printf('%0*d', q.scale + 1, abs(r.value)), -q.scale)
       END AS value,
       q.unit AS unit,
       strftime('%Y-%m-%dT%H:%M:%S', r.at / 1000000 + r.lag, 'unixepoch') || '+00:00' AS read_at,
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
SELECT meter, point, at, value, unit, read_at, origin, state, method, reason, flags, source, version, gateway
FROM (
    SELECT reading.*, row_number() OVER (
        PARTITION BY meter, point, at
        ORDER BY CASE WHEN state IN ('ACCEPTED', 'EDITED', 'FINAL') THEN 0
                      WHEN state = 'ESTIMATED' THEN 6
                      WHEN origin = 'HHU_AUTO' THEN 4
                      WHEN origin IN ('HHU_KEYED', 'MANUAL') THEN 5
                      WHEN method IN ('FREEZE', 'SETTLEMENT') THEN 1
                      WHEN method = 'CURVE' THEN 2
                      ELSE 3 END,
                 version DESC, origin) AS place
    FROM reading
    WHERE value IS NOT NULL AND state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL', 'ESTIMATED')
)
WHERE place = 1;

-- The register at the end of a day: what holds at 24:00.
CREATE VIEW register_daily AS
SELECT r.meter AS meter,
       date(r.at, (s.value - 86400) || ' seconds') AS day,
       r.point AS point,
       r.value AS register,
       r.unit AS unit,
       r.state AS state,
       r.method AS method
FROM reading_effective r
JOIN setting s ON s.name = 'utc_offset_seconds'
WHERE r.unit IN ('kWh', 'kvarh') AND strftime('%H%M%f', r.at, s.value || ' seconds') = '000000.000';

-- Energy of a day, secondary side (multiplier 1). NULL where the register went down: that is for a person.
-- The difference is taken in millionths, as integers.
CREATE VIEW energy_daily AS
WITH daily AS (
    SELECT meter, day, point, unit, CAST(round(register * 1000000.0) AS INTEGER) AS millionths
    FROM register_daily
)
SELECT b.meter AS meter,
       b.day AS day,
       b.point AS point,
       CASE WHEN b.millionths >= a.millionths THEN (b.millionths - a.millionths) / 1000000.0 END AS energy_kwh,
       1 AS multiplier
FROM daily b
JOIN daily a ON a.meter = b.meter AND a.point = b.point AND a.day = date(b.day, '-1 day')
WHERE b.unit = 'kWh';

CREATE VIEW finding AS
SELECT f.meter AS meter, f.point AS point, f.rule AS rule, f.began AS began, f.ended AS ended,
       f.severity AS severity, f.state AS state, f.value AS value, f.limit_text AS "limit",
       f.check_text AS "check", f.count AS count, f.source AS source, f.key AS key, g.name AS gateway
FROM finding_row f
JOIN gateway g ON g.id = f.gateway;

CREATE VIEW collection_success AS
SELECT o.value ->> 0 AS meter,
       date(s.slot, z.value || ' seconds') AS day,
       s.task AS task,
       count(*) AS due,
       sum(o.value ->> 1 IN ('ok', 'partial', 'backfilled')) AS present,
       round(1.0 * sum(o.value ->> 1 IN ('ok', 'partial', 'backfilled')) / count(*), 4) AS success_rate
FROM slot_row s
JOIN setting z ON z.name = 'utc_offset_seconds'
JOIN json_each(s.outcomes) o
GROUP BY 1, 2, 3;
