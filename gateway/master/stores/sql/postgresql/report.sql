-- name: report_losses
SELECT n.kind, n.code, (extract(epoch FROM l.start) * 1000000)::bigint, l.scale, l.supply, l.sale, l.loss, l.bound,
    l.rate, l.rate_low, l.rate_high, l.coverage, l.state, l.reason, l.due, l.present, l.estimated, l.skew
FROM loss_row l JOIN node n ON n.id = l.node, (SELECT %(rows)s::jsonb AS rows) g
WHERE l.span = (g.rows ->> 0)::smallint
  AND l.start >= to_timestamp((g.rows ->> 1)::bigint / 1000000.0)
  AND l.start < to_timestamp((g.rows ->> 2)::bigint / 1000000.0)
  AND (g.rows ->> 3 = '' OR n.kind = g.rows ->> 3)
  AND l.version = (SELECT max(version) FROM loss_row o WHERE o.start = l.start AND o.node = l.node AND o.span = l.span)
ORDER BY n.kind, n.code, l.start;
-- name: report_slots
SELECT task, target, slot, outcomes FROM slot_row, (SELECT %(rows)s::jsonb AS rows) g
WHERE slot > (g.rows ->> 0)::timestamptz AND slot <= (g.rows ->> 1)::timestamptz
ORDER BY slot, task, target, present;
-- name: report_last_slot
SELECT max(slot) FROM slot_row;
-- name: report_arrivals
SELECT m.asset, (extract(epoch FROM r.at) * 1000000)::bigint,
    (extract(epoch FROM min(r.at + make_interval(secs => r.lag))) * 1000000)::bigint
FROM reading_row r JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
WHERE r.at = ANY (SELECT to_timestamp(value::text::bigint / 1000000.0) FROM jsonb_array_elements(%(rows)s::jsonb))
  AND r.value IS NOT NULL AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
GROUP BY m.asset, r.meter, r.at;
-- name: report_places
SELECT m.asset, n.kind, n.code, coalesce(a.line, '')
FROM archive_relation r
JOIN meter m ON m.id = r.meter
JOIN node n ON n.id = r.node
LEFT JOIN archive_node a ON a.node = r.node AND a.gateway = r.gateway
WHERE (r.valid_from IS NULL OR r.valid_from <= (%(rows)s::jsonb ->> 0)::date)
  AND (r.valid_to IS NULL OR r.valid_to >= (%(rows)s::jsonb ->> 0)::date)
ORDER BY r.gateway DESC, n.kind;
-- name: report_weights
SELECT m.asset, avg(e.energy / 10::numeric ^ q.scale)
FROM energy_row e
JOIN energy_quality q ON q.id = e.quality
JOIN meter m ON m.id = e.meter
JOIN point p ON p.id = e.point, (SELECT %(rows)s::jsonb AS rows) g
WHERE p.code = g.rows ->> 0 AND e.variant & 3 = 2
  AND e.start >= to_timestamp((g.rows ->> 1)::bigint / 1000000.0)
  AND e.start < to_timestamp((g.rows ->> 2)::bigint / 1000000.0)
GROUP BY m.asset, e.meter;
-- name: report_brought
SELECT DISTINCT m.asset, o.name
FROM reading_row r JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
JOIN origin o ON o.id = r.variant & 15 AND o.name IN ('HHU_AUTO', 'HHU_KEYED')
WHERE r.at = ANY (SELECT to_timestamp(value::text::bigint / 1000000.0) FROM jsonb_array_elements(%(rows)s::jsonb))
  AND r.value IS NOT NULL AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
ORDER BY m.asset, o.name;
-- name: report_samples
SELECT meter, point, value, scale, count(*) FROM (
    SELECT DISTINCT ON (r.at, r.meter, r.point) r.meter, r.point, r.value, q.scale
    FROM reading_row r JOIN quality q ON q.id = r.quality
    WHERE r.at >= timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
      AND r.at < timestamptz 'epoch' + %(before)s::bigint * interval '1 microsecond'
      AND r.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)::smallint))
      AND (%(meters)s::text = '[]'
           OR r.meter = ANY (ARRAY(SELECT jsonb_array_elements_text(%(meters)s::jsonb)::integer)))
      AND r.value IS NOT NULL AND q.state IN ('PASSED', 'ACCEPTED', 'EDITED', 'FINAL')
    ORDER BY r.at, r.meter, r.point, CASE WHEN q.state <> 'PASSED' THEN 0
            WHEN (r.variant & 15) IN (4, 6) THEN 4 WHEN (r.variant & 15) IN (5, 7) THEN 5
            WHEN q.method IN ('FREEZE', 'SETTLEMENT') THEN 1 WHEN q.method = 'CURVE' THEN 2 ELSE 3 END * 4096
        - (r.variant >> 4)
) s GROUP BY meter, point, value, scale;
-- name: report_energies
SELECT DISTINCT ON (e.start, e.meter, e.point) e.meter, e.point, (extract(epoch FROM e.start) * 1000000)::bigint,
    e.energy, q.scale, q.computed, q.multiplier, e.variant
FROM energy_row e JOIN energy_quality q ON q.id = e.quality
WHERE e.start >= timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
  AND e.start < timestamptz 'epoch' + %(before)s::bigint * interval '1 microsecond'
  AND e.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)::smallint))
  AND (%(meters)s::text = '[]'
       OR e.meter = ANY (ARRAY(SELECT jsonb_array_elements_text(%(meters)s::jsonb)::integer)))
  AND e.variant & 3 = %(span)s
ORDER BY e.start, e.meter, e.point, e.variant DESC;
-- name: report_meters
SELECT m.id, m.asset, m.gateway, a.gateway, a.status, a.target, a.wiring, a.decimals, a.tariffs, a.ct::text,
    a.pt::text, a.register_is_primary::integer, a.rated_voltage::text, a.capacity_kva::text, a.pf_standard::text,
    a.supply_type
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
JOIN meter m ON m.id = j.value::integer JOIN archive_meter a ON a.meter = m.id
ORDER BY m.id;
-- name: report_relations
SELECT m.id, m.asset, r.gateway, n.kind, n.code, r.side, r.sign
FROM archive_relation r JOIN meter m ON m.id = r.meter JOIN node n ON n.id = r.node
WHERE (r.valid_from IS NULL OR r.valid_from <= %(last)s::date) AND (r.valid_to IS NULL OR r.valid_to >= %(first)s::date)
  AND jsonb_array_length(%(rows)s::jsonb) = 0
ORDER BY n.kind DESC, n.code, m.asset;
-- name: report_nodes
SELECT n.kind, n.code, a.line FROM archive_node a JOIN node n ON n.id = a.node
WHERE jsonb_array_length(%(rows)s::jsonb) = 0 ORDER BY a.gateway DESC;
-- name: report_power_of_meters
SELECT a.asset, a.began, (extract(epoch FROM min(r.at + make_interval(secs => r.lag))) * 1000000)::bigint
FROM (
    SELECT m.id, m.asset, (j.value ->> 1)::bigint AS began
    FROM jsonb_array_elements(%(rows)s::jsonb) j JOIN meter m ON m.asset = j.value ->> 0
) a
JOIN reading_row r ON r.meter = a.id AND r.at > timestamptz 'epoch' + a.began * interval '1 microsecond'
WHERE r.at > timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
  AND r.at < timestamptz 'epoch' + %(before)s::bigint * interval '1 microsecond'
  AND r.variant & 15 < 5 AND r.value IS NOT NULL
GROUP BY a.asset, a.began;
-- name: report_power_of_targets
SELECT a.gateway, a.target, a.began, (extract(epoch FROM min(r.at + make_interval(secs => r.lag))) * 1000000)::bigint
FROM (
    SELECT (value ->> 0)::integer AS gateway, value ->> 1 AS target, (value ->> 2)::bigint AS began
    FROM jsonb_array_elements(%(rows)s::jsonb)
) a
JOIN quality q ON q.source = a.target
JOIN reading_row r ON r.quality = q.id AND r.at > timestamptz 'epoch' + a.began * interval '1 microsecond'
JOIN meter m ON m.id = r.meter AND m.gateway = a.gateway
WHERE r.at > timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
  AND r.at < timestamptz 'epoch' + %(before)s::bigint * interval '1 microsecond'
  AND r.variant & 15 < 5 AND r.value IS NOT NULL
GROUP BY a.gateway, a.target, a.began;
