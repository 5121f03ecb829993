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
