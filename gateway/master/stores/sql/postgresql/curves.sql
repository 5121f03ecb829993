-- Readings within a day: at an instant by the key's order, and between two instants, where live values lie.

-- name: curve_instants
SELECT j.value::bigint FROM jsonb_array_elements_text(%(rows)s::jsonb) j WHERE EXISTS (SELECT FROM reading_row
    WHERE at = timestamptz 'epoch' + j.value::bigint * interval '1 microsecond'
        AND point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint)) OFFSET 0) ORDER BY 1;
-- name: curve_gaps
SELECT j.value::bigint FROM jsonb_array_elements_text(%(rows)s::jsonb) j WHERE EXISTS (SELECT FROM reading_row
    WHERE at > timestamptz 'epoch' + j.value::bigint * interval '1 microsecond'
        AND at < timestamptz 'epoch' + (j.value::bigint + %(length)s) * interval '1 microsecond'
        AND point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint)) OFFSET 0) ORDER BY 1;
-- name: curve_at_range
SELECT %(at)s::bigint, r.meter, r.point, r.value, r.quality, r.variant FROM reading_row r
WHERE r.at = timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond' AND r.meter >= %(low)s AND r.meter <= %(high)s
    AND r.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint))
    AND r.value IS NOT NULL AND jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: curve_at_listed
SELECT %(at)s::bigint, r.meter, r.point, r.value, r.quality, r.variant
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM reading_row
    WHERE at = timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND value IS NOT NULL
        AND point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint)) OFFSET 0) r;
-- name: curve_in_range
SELECT (extract(epoch FROM r.at) * 1000000)::bigint, r.meter, r.point, r.value, r.quality, r.variant
FROM reading_row r
WHERE r.at > timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond'
    AND r.at < timestamptz 'epoch' + %(after)s::bigint * interval '1 microsecond'
    AND r.meter >= %(low)s AND r.meter <= %(high)s
    AND r.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint))
    AND r.value IS NOT NULL AND jsonb_array_length(%(rows)s::jsonb) = 0
ORDER BY r.at;
-- name: curve_in_listed
SELECT (extract(epoch FROM r.at) * 1000000)::bigint, r.meter, r.point, r.value, r.quality, r.variant
FROM reading_row r
WHERE r.at > timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond'
    AND r.at < timestamptz 'epoch' + %(after)s::bigint * interval '1 microsecond'
    AND r.meter = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer))
    AND r.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(points)s::jsonb)::smallint))
    AND r.value IS NOT NULL
ORDER BY r.at;

-- name: meters_beside
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct::text, a.pt::text, a.register_is_primary::integer, a.metering_side, a.valid_from::text, a.valid_to::text,
    a.accuracy, a.rated_voltage::text, a.max_current::text, a.capacity_kva::text, a.supply_type
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_meter WHERE mp_no = j.value AND mp_no <> '' OFFSET 0) a
CROSS JOIN LATERAL (SELECT * FROM meter WHERE id = a.meter OFFSET 0) m
WHERE EXISTS (SELECT FROM archive_meter WHERE mp_no = j.value AND meter <> a.meter OFFSET 0)
ORDER BY m.id;
-- name: node_capacities
SELECT a.node, a.gateway, a.capacity_kva::text FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_node WHERE node = j.value::integer AND capacity_kva IS NOT NULL OFFSET 0) a
ORDER BY a.node, a.gateway DESC;

-- name: profiles_new
INSERT INTO profile_row (start, meter, powers)
SELECT timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond', (value ->> 0)::integer, value ->> 1
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (start, meter) DO UPDATE SET powers = excluded.powers;
-- name: profiles_gone
DELETE FROM profile_row USING jsonb_array_elements_text(%(rows)s::jsonb) j
WHERE start = timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond' AND meter = j.value::integer;
-- name: profiles_old
DELETE FROM profile_row WHERE start < timestamptz 'epoch' + %(start)s::bigint * interval '1 microsecond'
    AND jsonb_array_length(%(rows)s::jsonb) = 0;
-- name: profiles_of
SELECT p.meter, (extract(epoch FROM p.start) * 1000000)::bigint, p.powers
FROM jsonb_array_elements_text(%(days)s::jsonb) d
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM profile_row
    WHERE start = timestamptz 'epoch' + d.value::bigint * interval '1 microsecond' AND meter = j.value::integer
    OFFSET 0) p;
