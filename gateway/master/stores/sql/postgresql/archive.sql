-- name: nodes
SELECT n.kind, n.code, n.id FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN node n ON n.kind = j.value ->> 0 AND n.code = j.value ->> 1;
-- name: nodes_new
INSERT INTO node (kind, code) SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT DO NOTHING;
-- name: meters_taken
UPDATE meter SET gateway = (j.value ->> 1)::integer FROM jsonb_array_elements(%(rows)s::jsonb) j
WHERE meter.asset = j.value ->> 0 AND meter.gateway = 0;

-- name: archive_taken
INSERT INTO archive (gateway, digest, taken) SELECT (value ->> 0)::integer, value ->> 1, (value ->> 2)::timestamptz
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (gateway) DO UPDATE SET digest = excluded.digest, taken = excluded.taken
WHERE archive.digest <> excluded.digest RETURNING gateway;

-- name: meters_of
SELECT gateway, meter, mp_no, status, protocol, model, target, customer_class, wiring, digits, decimals, tariffs,
    ct::text, pt::text, register_is_primary::integer, metering_side, valid_from::text, valid_to::text, accuracy,
    phase, rated_voltage::text, rated_current::text, max_current::text, capacity_kva::text, pf_standard::text,
    supply_type, route
FROM archive_meter WHERE gateway = (%(rows)s::jsonb ->> 0)::integer;
-- name: meters_gone
DELETE FROM archive_meter a USING jsonb_array_elements(%(rows)s::jsonb) j
WHERE a.gateway = (j.value ->> 0)::integer AND a.meter = (j.value ->> 1)::integer;
-- name: meters_add
INSERT INTO archive_meter (gateway, meter, mp_no, status, protocol, model, target, customer_class, wiring, digits,
    decimals, tariffs, ct, pt, register_is_primary, metering_side, valid_from, valid_to, accuracy, phase,
    rated_voltage, rated_current, max_current, capacity_kva, pf_standard, supply_type, route)
SELECT (value ->> 0)::integer, (value ->> 1)::integer, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
    value ->> 6, value ->> 7, value ->> 8, (value ->> 9)::smallint, (value ->> 10)::smallint,
    (value ->> 11)::smallint, (value ->> 12)::numeric, (value ->> 13)::numeric, (value ->> 14)::integer = 1,
    value ->> 15, (value ->> 16)::date, (value ->> 17)::date, value ->> 18, value ->> 19, (value ->> 20)::numeric,
    (value ->> 21)::numeric, (value ->> 22)::numeric, (value ->> 23)::numeric, (value ->> 24)::numeric,
    value ->> 25, value ->> 26
FROM jsonb_array_elements(%(rows)s::jsonb);

-- name: relations_of
SELECT gateway, meter, node, side, sign, valid_from::text, valid_to::text
FROM archive_relation WHERE gateway = (%(rows)s::jsonb ->> 0)::integer;
-- name: relations_gone
DELETE FROM archive_relation a USING jsonb_array_elements(%(rows)s::jsonb) j
WHERE a.gateway = (j.value ->> 0)::integer AND a.meter = (j.value ->> 1)::integer
    AND a.node = (j.value ->> 2)::integer AND a.side = j.value ->> 3 AND a.sign = (j.value ->> 4)::smallint
    AND a.valid_from IS NOT DISTINCT FROM (j.value ->> 5)::date
    AND a.valid_to IS NOT DISTINCT FROM (j.value ->> 6)::date;
-- name: relations_add
INSERT INTO archive_relation (gateway, meter, node, side, sign, valid_from, valid_to)
SELECT (value ->> 0)::integer, (value ->> 1)::integer, (value ->> 2)::integer, value ->> 3,
    (value ->> 4)::smallint, (value ->> 5)::date, (value ->> 6)::date
FROM jsonb_array_elements(%(rows)s::jsonb);

-- name: nodes_of
SELECT gateway, node, name, voltage::text, capacity_kva::text, line
FROM archive_node WHERE gateway = (%(rows)s::jsonb ->> 0)::integer;
-- name: nodes_gone
DELETE FROM archive_node a USING jsonb_array_elements(%(rows)s::jsonb) j
WHERE a.gateway = (j.value ->> 0)::integer AND a.node = (j.value ->> 1)::integer;
-- name: nodes_add
INSERT INTO archive_node (gateway, node, name, voltage, capacity_kva, line)
SELECT (value ->> 0)::integer, (value ->> 1)::integer, value ->> 2, (value ->> 3)::numeric,
    (value ->> 4)::numeric, value ->> 5
FROM jsonb_array_elements(%(rows)s::jsonb);

-- name: exchanges_of
SELECT gateway, old_meter, new_meter, mp_no, (extract(epoch FROM at) * 1000000)::bigint, ct::text, pt::text,
    old_finals::text, new_initials::text
FROM archive_exchange WHERE gateway = (%(rows)s::jsonb ->> 0)::integer;
-- name: exchanges_gone
DELETE FROM archive_exchange a USING jsonb_array_elements(%(rows)s::jsonb) j
WHERE a.gateway = (j.value ->> 0)::integer AND a.old_meter = (j.value ->> 1)::integer
    AND a.new_meter = (j.value ->> 2)::integer
    AND a.at = timestamptz 'epoch' + (j.value ->> 4)::bigint * interval '1 microsecond';
-- name: exchanges_add
INSERT INTO archive_exchange (gateway, old_meter, new_meter, mp_no, at, ct, pt, old_finals, new_initials)
SELECT (value ->> 0)::integer, (value ->> 1)::integer, (value ->> 2)::integer, value ->> 3,
    timestamptz 'epoch' + (value ->> 4)::bigint * interval '1 microsecond', (value ->> 5)::numeric,
    (value ->> 6)::numeric, (value ->> 7)::jsonb, (value ->> 8)::jsonb
FROM jsonb_array_elements(%(rows)s::jsonb);

-- name: statuses
INSERT INTO gateway_status (gateway, at, state, version, config, backlog)
SELECT (value ->> 0)::integer, (value ->> 1)::timestamptz, value ->> 2, value ->> 3, value ->> 4,
    (value ->> 5)::bigint
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (gateway) DO UPDATE SET at = excluded.at, state = excluded.state, version = excluded.version,
    config = excluded.config, backlog = excluded.backlog;

-- name: owners
SELECT id, gateway FROM meter WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: opened
SELECT id, opened::text FROM gateway WHERE opened IS NOT NULL
    AND id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: stale_new
INSERT INTO stale (day, gateway, meter, node)
SELECT (value ->> 0)::date, (value ->> 1)::integer, (value ->> 2)::integer, (value ->> 3)::integer
FROM jsonb_array_elements(%(rows)s::jsonb);

-- name: batches_known
SELECT g.name, e.name, b.number FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN gateway g ON g.name = j.value ->> 0 JOIN epoch e ON e.gateway = g.id AND e.name = j.value ->> 1
JOIN batch b ON b.epoch = e.id AND b.number = (j.value ->> 2)::bigint;
-- name: keys_of
SELECT DISTINCT m.asset, n.kind FROM meter m
JOIN archive_relation r ON r.meter = m.id JOIN node n ON n.id = r.node
WHERE m.asset IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb));
