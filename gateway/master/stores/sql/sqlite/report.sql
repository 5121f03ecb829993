-- name: report_losses
SELECT n.kind, n.code, l.start, l.scale, l.supply, l.sale, l.loss, l.bound, l.rate, l.rate_low, l.rate_high,
    l.coverage, l.state, l.reason, l.due, l.present, l.estimated, l.skew
FROM loss_row l JOIN node n ON n.id = l.node
WHERE l.span = :rows ->> 0 AND l.start >= :rows ->> 1 AND l.start < :rows ->> 2
  AND (:rows ->> 3 = '' OR n.kind = :rows ->> 3)
  AND l.version = (SELECT max(version) FROM loss_row o WHERE o.start = l.start AND o.node = l.node AND o.span = l.span)
ORDER BY n.kind, n.code, l.start;
-- name: report_slots
SELECT task, target, slot, outcomes FROM slot_row WHERE slot > :rows ->> 0 AND slot <= :rows ->> 1
ORDER BY slot, task, target, present;
-- name: report_last_slot
SELECT max(slot) FROM slot_row;
-- name: report_arrivals
SELECT m.asset, r.at, min(r.at + r.lag * 1000000)
FROM reading_row r JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
WHERE r.at IN (SELECT value FROM json_each(:rows)) AND r.value IS NOT NULL
  AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
GROUP BY r.meter, r.at;
-- name: report_places
SELECT m.asset, n.kind, n.code, coalesce(a.line, '')
FROM archive_relation r
JOIN meter m ON m.id = r.meter
JOIN node n ON n.id = r.node
LEFT JOIN archive_node a ON a.node = r.node AND a.gateway = r.gateway
WHERE (r.valid_from IS NULL OR r.valid_from <= :rows ->> 0) AND (r.valid_to IS NULL OR r.valid_to >= :rows ->> 0)
ORDER BY r.gateway DESC, n.kind;
-- name: report_weights
SELECT m.asset, avg(1.0 * e.energy / (CASE q.scale WHEN 0 THEN 1 WHEN 1 THEN 10 WHEN 2 THEN 100 WHEN 3 THEN 1000
    WHEN 4 THEN 10000 WHEN 5 THEN 100000 ELSE 1000000 END))
FROM energy_row e
JOIN energy_quality q ON q.id = e.quality
JOIN meter m ON m.id = e.meter
JOIN point p ON p.id = e.point AND p.code = :rows ->> 0
WHERE e.variant & 3 = 2 AND e.start >= :rows ->> 1 AND e.start < :rows ->> 2 AND q.scale <= 6
GROUP BY e.meter;
-- name: report_brought
SELECT DISTINCT m.asset, o.name
FROM reading_row r JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
JOIN origin o ON o.id = r.variant & 15 AND o.name IN ('HHU_AUTO', 'HHU_KEYED')
WHERE r.at IN (SELECT value FROM json_each(:rows)) AND r.value IS NOT NULL
  AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
ORDER BY m.asset, o.name;
-- name: report_samples
SELECT meter, point, value, scale, count(*) FROM (
    SELECT r.meter, r.point, r.value, q.scale, min(CASE WHEN q.state <> 'PASSED' THEN 0
            WHEN (r.variant & 15) IN (4, 6) THEN 4 WHEN (r.variant & 15) IN (5, 7) THEN 5
            WHEN q.method IN ('FREEZE', 'SETTLEMENT') THEN 1 WHEN q.method = 'CURVE' THEN 2 ELSE 3 END * 4096
        - (r.variant >> 4))
    FROM reading_row r JOIN quality q ON q.id = r.quality
    WHERE r.at >= :first AND r.at < :before AND r.point IN (SELECT value FROM json_each(:rows))
      AND (:meters = '[]' OR r.meter IN (SELECT value FROM json_each(:meters)))
      AND r.value IS NOT NULL AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
    GROUP BY r.at, r.meter, r.point
) GROUP BY meter, point, value, scale;
-- name: report_energies
SELECT e.meter, e.point, e.start, e.energy, q.scale, q.computed, q.multiplier, max(e.variant)
FROM energy_row e JOIN energy_quality q ON q.id = e.quality
WHERE e.start >= :first AND e.start < :before AND e.point IN (SELECT value FROM json_each(:rows))
  AND (:meters = '[]' OR e.meter IN (SELECT value FROM json_each(:meters))) AND e.variant & 3 = :span
GROUP BY e.start, e.meter, e.point;
-- name: report_meters
SELECT m.id, m.asset, m.gateway, a.gateway, a.status, a.target, a.wiring, a.decimals, a.tariffs, a.ct, a.pt,
    a.register_is_primary, a.rated_voltage, a.capacity_kva, a.pf_standard, a.supply_type
FROM json_each(:rows) j JOIN meter m ON m.id = j.value JOIN archive_meter a ON a.meter = m.id
ORDER BY m.id;
-- name: report_relations
SELECT m.id, m.asset, r.gateway, n.kind, n.code, r.side, r.sign
FROM archive_relation r JOIN meter m ON m.id = r.meter JOIN node n ON n.id = r.node
WHERE (r.valid_from IS NULL OR r.valid_from <= :last) AND (r.valid_to IS NULL OR r.valid_to >= :first)
  AND json_array_length(:rows) = 0
ORDER BY n.kind DESC, n.code, m.asset;
-- name: report_nodes
SELECT n.kind, n.code, a.line FROM archive_node a JOIN node n ON n.id = a.node
WHERE json_array_length(:rows) = 0 ORDER BY a.gateway DESC;
-- name: report_power_of_meters
WITH asked AS MATERIALIZED (
    SELECT m.id, m.asset, j.value ->> 1 AS began FROM json_each(:rows) j JOIN meter m ON m.asset = j.value ->> 0
)
SELECT a.asset, a.began, min(r.at + r.lag * 1000000)
FROM reading_row r CROSS JOIN asked a ON a.id = r.meter
WHERE r.at > :first AND r.at < :before AND r.at > a.began AND r.variant & 15 < 5 AND r.value IS NOT NULL
GROUP BY a.asset, a.began;
-- name: report_power_of_targets
WITH asked AS MATERIALIZED (
    SELECT value ->> 0 AS gateway, value ->> 1 AS target, value ->> 2 AS began FROM json_each(:rows)
)
SELECT a.gateway, a.target, a.began, min(r.at + r.lag * 1000000)
FROM reading_row r JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
CROSS JOIN asked a ON a.target = q.source AND a.gateway = m.gateway
WHERE r.at > :first AND r.at < :before AND r.at > a.began AND r.variant & 15 < 5 AND r.value IS NOT NULL
GROUP BY a.gateway, a.target, a.began;
