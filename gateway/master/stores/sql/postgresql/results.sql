-- Sets are looked up row by row in an index whatever the planner thinks of tables that have just been filled:
-- OFFSET 0 keeps each lookup as it is written, and `tune` forbids to read a whole table for it.

-- name: nodes_lock
SELECT id FROM node WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer) ORDER BY id FOR UPDATE;
-- name: aggregates_new
INSERT INTO aggregate_row (start, node, span, side, unit, gateway, version, ending, energy, scale, due, present,
    estimated, estimated_share, skew, flags, worst)
SELECT timestamptz 'epoch' + (value ->> 0)::bigint * interval '1 microsecond', (value ->> 1)::integer,
    (value ->> 2)::smallint, value ->> 3, value ->> 4, (value ->> 5)::integer, (value ->> 6)::integer,
    timestamptz 'epoch' + (value ->> 7)::bigint * interval '1 microsecond', (value ->> 8)::bigint,
    (value ->> 9)::smallint, (value ->> 10)::integer, (value ->> 11)::integer, (value ->> 12)::integer,
    (value ->> 13)::integer, (value ->> 14)::integer, (value ->> 15)::integer, value ->> 16
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: aggregates_parts
SELECT (extract(epoch FROM a.start) * 1000000)::bigint, a.node, a.span, a.side, a.unit, a.gateway, a.version,
    (extract(epoch FROM a.ending) * 1000000)::bigint, a.energy, a.scale, a.due, a.present, a.estimated,
    a.estimated_share, a.skew, a.flags, a.worst
FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN aggregate_row a ON a.start = timestamptz 'epoch' + (j.value ->> 0)::bigint * interval '1 microsecond'
    AND a.node = (j.value ->> 1)::integer AND a.span = (j.value ->> 2)::smallint AND a.side = j.value ->> 3
    AND a.unit = j.value ->> 4;
-- name: aggregates_latest
SELECT DISTINCT ON (a.node, a.side, a.unit) (extract(epoch FROM a.start) * 1000000)::bigint, a.node, a.span, a.side,
    a.unit, a.gateway, a.version, (extract(epoch FROM a.ending) * 1000000)::bigint, a.energy, a.scale, a.due,
    a.present, a.estimated, a.estimated_share, a.skew, a.flags, a.worst
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM aggregate_row
    WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = %(span)s AND gateway = 0 OFFSET 0) a
ORDER BY a.node, a.side, a.unit, a.version DESC;
-- name: aggregates_sent
SELECT DISTINCT ON (a.node, a.side, a.unit, a.gateway) (extract(epoch FROM a.start) * 1000000)::bigint, a.node, a.span,
    a.side, a.unit, a.gateway, a.version, (extract(epoch FROM a.ending) * 1000000)::bigint, a.energy, a.scale, a.due,
    a.present, a.estimated, a.estimated_share, a.skew, a.flags, a.worst
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM aggregate_row
    WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = %(span)s AND gateway <> 0 OFFSET 0) a
ORDER BY a.node, a.side, a.unit, a.gateway, a.version DESC;
-- name: losses_new
INSERT INTO loss_row (start, node, span, version, ending, scale, supply, sale, loss, bound, rate, rate_low,
    rate_high, coverage, due, present, estimated, skew, state, reason)
SELECT timestamptz 'epoch' + (value ->> 0)::bigint * interval '1 microsecond', (value ->> 1)::integer,
    (value ->> 2)::smallint, (value ->> 3)::integer,
    timestamptz 'epoch' + (value ->> 4)::bigint * interval '1 microsecond', (value ->> 5)::smallint,
    (value ->> 6)::bigint, (value ->> 7)::bigint, (value ->> 8)::bigint, (value ->> 9)::bigint,
    (value ->> 10)::bigint, (value ->> 11)::bigint, (value ->> 12)::bigint, (value ->> 13)::integer,
    (value ->> 14)::integer, (value ->> 15)::integer, (value ->> 16)::integer, (value ->> 17)::integer,
    value ->> 18, value ->> 19
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: losses_latest
SELECT DISTINCT ON (l.node) (extract(epoch FROM l.start) * 1000000)::bigint, l.node, l.span, l.version,
    (extract(epoch FROM l.ending) * 1000000)::bigint, l.scale, l.supply, l.sale, l.loss, l.bound, l.rate, l.rate_low,
    l.rate_high, l.coverage, l.due, l.present, l.estimated, l.skew, l.state, l.reason
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM loss_row
    WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = %(span)s OFFSET 0) l
ORDER BY l.node, l.version DESC;
-- name: losses_daily
SELECT DISTINCT ON (l.node, l.start) l.node, (extract(epoch FROM l.start) * 1000000)::bigint, l.rate, l.supply,
    l.sale, l.scale
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
JOIN loss_row l ON l.start >= timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
    AND l.start <= timestamptz 'epoch' + %(last)s::bigint * interval '1 microsecond'
    AND l.node = j.value::integer AND l.span = 2
ORDER BY l.node, l.start, l.version DESC;

-- name: energy_qualities
SELECT q.scale, q.register_scale, q.flags, q.multiplier, q.computed, q.method, q.reason, q.worst, q.id
FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN energy_quality q ON q.scale = (j.value ->> 0)::smallint AND q.register_scale = (j.value ->> 1)::smallint
    AND q.flags = (j.value ->> 2)::integer AND q.multiplier = j.value ->> 3 AND q.computed = j.value ->> 4
    AND q.method = j.value ->> 5 AND q.reason = j.value ->> 6 AND q.worst = j.value ->> 7;
-- name: energy_qualities_new
INSERT INTO energy_quality (scale, register_scale, flags, multiplier, computed, method, reason, worst)
SELECT (value ->> 0)::smallint, (value ->> 1)::smallint, (value ->> 2)::integer, value ->> 3, value ->> 4,
    value ->> 5, value ->> 6, value ->> 7
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: energy_facts
SELECT id, scale, register_scale, flags, multiplier, computed, method, reason, worst FROM energy_quality
WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: energy_latest
SELECT DISTINCT ON (e.meter, e.point) e.meter, e.point, e.variant, e.energy, e.begin_register, e.end_register,
    e.quality, e.skew
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM energy_row
    WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND variant & 3 = %(span)s OFFSET 0) e
ORDER BY e.meter, e.point, e.variant DESC;
-- name: energy_range
SELECT e.meter, e.energy, e.quality, e.variant FROM energy_row e
WHERE e.start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND e.meter >= %(low)s AND e.meter <= %(high)s
    AND e.point = %(point)s AND e.variant & 3 = %(span)s AND jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: decreased_range
SELECT DISTINCT e.meter FROM energy_row e
WHERE e.start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND e.meter >= %(low)s AND e.meter <= %(high)s
    AND e.variant & 3 = 2 AND jsonb_array_length(%(rows)s::jsonb) = 0
    AND e.quality = ANY (ARRAY(SELECT id FROM energy_quality WHERE reason = 'decrease'));
-- name: decreased_listed
SELECT DISTINCT e.meter FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM energy_row
    WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND variant & 3 = 2 OFFSET 0) e
JOIN energy_quality q ON q.id = e.quality WHERE q.reason = 'decrease';
-- name: energy_past
SELECT DISTINCT ON (e.meter, e.start) e.meter, (extract(epoch FROM e.start) * 1000000)::bigint, e.energy, q.scale,
    q.computed
FROM jsonb_array_elements_text(%(days)s::jsonb) d
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM energy_row
    WHERE start = timestamptz 'epoch' + d.value::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND point = %(point)s AND variant & 3 = %(span)s OFFSET 0) e
JOIN energy_quality q ON q.id = e.quality
ORDER BY e.meter, e.start, e.variant DESC;
-- name: copy_energy
COPY energy_row (start, energy, begin_register, end_register, meter, quality, skew, point, variant)
FROM STDIN (FORMAT binary);

-- name: corrections_new
INSERT INTO correction_row (start, made, span, object, cells)
SELECT timestamptz 'epoch' + (value ->> 0)::bigint * interval '1 microsecond', (value ->> 1)::timestamptz,
    (value ->> 2)::smallint, value ->> 3, value ->> 4
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: point_ids
SELECT id, code FROM point;
-- name: quality_facts
SELECT id, unit, scale, state, method, flags, source FROM quality
WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: registers_range
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag FROM reading_row r
WHERE r.at = timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond' AND r.meter >= %(low)s AND r.meter <= %(high)s
    AND r.value IS NOT NULL;
-- name: registers_listed
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM reading_row
    WHERE at = timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND value IS NOT NULL OFFSET 0) r;
-- name: registers_near
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag, (extract(epoch FROM r.at) * 1000000)::bigint
FROM reading_row r
WHERE r.at > timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
    AND r.at < timestamptz 'epoch' + %(last)s::bigint * interval '1 microsecond'
    AND r.meter = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer)) AND r.value IS NOT NULL;
-- name: first_reading
SELECT (extract(epoch FROM min(at)) * 1000000)::bigint FROM reading_row WHERE at >= timestamptz '2010-01-01'
    AND jsonb_array_length(%(rows)s::jsonb) = 0;

-- name: meters_chunk
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct::text, a.pt::text, a.register_is_primary::integer, a.metering_side, a.valid_from::text, a.valid_to::text,
    a.accuracy, a.rated_voltage::text, a.max_current::text, a.capacity_kva::text, a.supply_type,
    a.pf_standard::text
FROM meter m JOIN archive_meter a ON a.meter = m.id
WHERE m.id > %(after)s AND m.id <= %(upto)s
    AND m.gateway IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer)
ORDER BY m.id;
-- name: meters_listed
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct::text, a.pt::text, a.register_is_primary::integer, a.metering_side, a.valid_from::text, a.valid_to::text,
    a.accuracy, a.rated_voltage::text, a.max_current::text, a.capacity_kva::text, a.supply_type,
    a.pf_standard::text
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM meter WHERE id = j.value::integer OFFSET 0) m
CROSS JOIN LATERAL (SELECT * FROM archive_meter WHERE meter = m.id OFFSET 0) a
ORDER BY m.id;
-- name: meters_last
SELECT max(id) FROM meter WHERE jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: exchanges_for
SELECT x.gateway, x.old_meter, o.asset, x.new_meter, n.asset, x.mp_no, (extract(epoch FROM x.at) * 1000000)::bigint,
    x.ct::text, x.pt::text, x.old_finals::text, x.new_initials::text
FROM archive_exchange x JOIN meter o ON o.id = x.old_meter JOIN meter n ON n.id = x.new_meter
WHERE x.at > timestamptz 'epoch' + %(first)s::bigint * interval '1 microsecond'
    AND x.at < timestamptz 'epoch' + %(last)s::bigint * interval '1 microsecond'
    AND jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: relations_of_meters
SELECT DISTINCT r.node, CASE WHEN r.node IS NULL THEN j.value::integer END
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
LEFT JOIN LATERAL (SELECT node FROM archive_relation WHERE meter = j.value::integer OFFSET 0) r ON true;
-- name: relations_of_nodes
SELECT r.node, r.gateway, r.meter, m.asset, m.gateway, r.side, r.sign, r.valid_from::text, r.valid_to::text
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_relation WHERE node = j.value::integer OFFSET 0) r
CROSS JOIN LATERAL (SELECT * FROM meter WHERE id = r.meter OFFSET 0) m;
-- name: relations_own
SELECT DISTINCT r.meter FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_relation
    WHERE meter = j.value::integer AND gateway = 0 OFFSET 0) r;
-- name: node_names
SELECT id, kind, code FROM node WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);

-- name: gateways_due
SELECT DISTINCT g.id, g.opened::text FROM archive_meter a JOIN meter m ON m.id = a.meter
JOIN gateway g ON g.id = m.gateway WHERE jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: open_days
UPDATE gateway SET opened = (j.value ->> 1)::date FROM jsonb_array_elements(%(rows)s::jsonb) j
WHERE gateway.id = (j.value ->> 0)::integer;
-- name: stale_upto
SELECT id, day::text, gateway, meter, node FROM stale
WHERE day <= %(day)s::date AND jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: stale_gone
DELETE FROM stale WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::bigint);
-- name: lease_taken
INSERT INTO lease (name, holder, until) SELECT value ->> 0, value ->> 1, (value ->> 2)::timestamptz
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until < %(now)s::timestamptz RETURNING holder;
-- name: lease_given
DELETE FROM lease USING jsonb_array_elements(%(rows)s::jsonb) j
WHERE lease.name = j.value ->> 0 AND lease.holder = j.value ->> 1;
