-- name: gateways
SELECT name, id FROM gateway WHERE name IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb));
-- name: gateways_new
INSERT INTO gateway (name) SELECT jsonb_array_elements_text(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: points
SELECT code, id FROM point WHERE code IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb));
-- name: points_new
INSERT INTO point (code) SELECT jsonb_array_elements_text(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: meters
SELECT asset, id, gateway FROM meter WHERE asset IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb));
-- name: meters_new
INSERT INTO meter (asset, gateway) SELECT value ->> 0, (value ->> 1)::integer
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: qualities
SELECT q.unit, q.scale, q.state, q.method, q.reason, q.flags, q.source, q.id
FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN quality q ON q.unit = j.value ->> 0 AND q.scale = (j.value ->> 1)::smallint AND q.state = j.value ->> 2
    AND q.method = j.value ->> 3 AND q.reason = j.value ->> 4 AND q.flags = (j.value ->> 5)::integer
    AND q.source = j.value ->> 6;
-- name: qualities_new
INSERT INTO quality (unit, scale, state, method, reason, flags, source)
SELECT value ->> 0, (value ->> 1)::smallint, value ->> 2, value ->> 3, value ->> 4, (value ->> 5)::integer,
    value ->> 6
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: epochs
SELECT e.gateway, e.name, e.id FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN epoch e ON e.gateway = (j.value ->> 0)::integer AND e.name = j.value ->> 1;
-- name: epochs_new
INSERT INTO epoch (gateway, name) SELECT (value ->> 0)::integer, value ->> 1
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: origins_new
INSERT INTO origin (id, name) SELECT (value ->> 0)::smallint, value ->> 1
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: settings
SELECT value FROM setting WHERE name IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb));
-- name: settings_new
INSERT INTO setting (name, value) SELECT value ->> 0, value ->> 1
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;

-- name: batches_new
INSERT INTO batch (epoch, number, sha256, kind, row_count, received)
SELECT (value ->> 0)::integer, (value ->> 1)::bigint, value ->> 2, value ->> 3, (value ->> 4)::integer,
    (value ->> 5)::timestamptz
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING RETURNING epoch, number;
-- name: batches
SELECT b.epoch, b.number, b.sha256 FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN batch b ON b.epoch = (j.value ->> 0)::integer AND b.number = (j.value ->> 1)::bigint;
-- name: lock
SELECT id, upto, also FROM epoch WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer)
ORDER BY id FOR NO KEY UPDATE;
-- name: advance
UPDATE epoch SET upto = (j.value ->> 1)::bigint, also = j.value ->> 2
FROM jsonb_array_elements(%(rows)s::jsonb) j WHERE epoch.id = (j.value ->> 0)::integer;

-- name: findings
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT (value ->> 0)::integer, value ->> 1, (value ->> 2)::timestamptz, (value ->> 3)::integer,
    (value ->> 4)::timestamptz, value ->> 5, value ->> 6, value ->> 7, (value ->> 8)::smallint, value ->> 9,
    value ->> 10, value ->> 11, value ->> 12, (value ->> 13)::integer, value ->> 14
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (gateway, key, began) DO UPDATE SET rank = excluded.rank, ended = excluded.ended,
    severity = excluded.severity, state = excluded.state, value = excluded.value,
    limit_text = excluded.limit_text, check_text = excluded.check_text, count = excluded.count
WHERE excluded.rank > finding_row.rank;
-- name: findings_own
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT 0, j.value ->> 0, (j.value ->> 1)::timestamptz, 5, NULL, j.value ->> 2, j.value ->> 3, j.value ->> 4,
    (j.value ->> 5)::smallint, 'confirmed', j.value ->> 6, j.value ->> 7, j.value ->> 8, 1, j.value ->> 9
FROM jsonb_array_elements(%(rows)s::jsonb) j
WHERE NOT EXISTS (SELECT 1 FROM finding_row f WHERE f.gateway = 0 AND f.key = j.value ->> 0)
ON CONFLICT DO NOTHING RETURNING key;
-- name: events
INSERT INTO event_row (gateway, digest, meter, event, name, began, ended, detail, read_at, source)
SELECT (value ->> 0)::integer, value ->> 1, value ->> 3, value ->> 4, value ->> 5, (value ->> 6)::timestamptz,
    (value ->> 7)::timestamptz, value ->> 8, (value ->> 9)::timestamptz, value ->> 10
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: slots
INSERT INTO slot_row (gateway, digest, present, task, target, slot, due, outcomes)
SELECT (value ->> 0)::integer, value ->> 1, (value ->> 2)::integer, value ->> 3, value ->> 4,
    (value ->> 5)::timestamptz, (value ->> 6)::integer, (value ->> 7)::jsonb
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: audits
INSERT INTO audit_row (gateway, digest, at, actor, action, object, outcome, detail)
SELECT (value ->> 0)::integer, value ->> 1, (value ->> 3)::timestamptz, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;
-- name: asides
INSERT INTO set_aside (epoch, number, place, reason, cells)
SELECT (value ->> 0)::integer, (value ->> 1)::bigint, (value ->> 2)::integer, value ->> 3, value ->> 4
FROM jsonb_array_elements(%(rows)s::jsonb) ON CONFLICT DO NOTHING;

-- name: there
SELECT k.n, r.point, r.variant, r.value, r.quality
FROM unnest(%s, %s) WITH ORDINALITY k (at, meter, n)
JOIN reading_row r ON r.at = k.at AND r.meter = k.meter;
-- name: copy
COPY reading_row (at, value, meter, quality, lag, point, variant) FROM STDIN (FORMAT binary);
-- name: meter_names
SELECT id, asset FROM meter WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: point_names
SELECT id, code FROM point WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);
-- name: scales
SELECT id, scale FROM quality WHERE id IN (SELECT jsonb_array_elements_text(%(rows)s::jsonb)::integer);

-- name: layout
SELECT value FROM setting WHERE name = 'layout';
-- name: months
SELECT relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::text::regclass;
-- name: serial
SELECT pg_advisory_xact_lock(1297368388, 1);

-- name: dead
INSERT INTO dead_letter (received, topic, reason, body) VALUES (%s, %s, %s, %s);
-- name: dead_old
DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - %s;
-- name: stored
SELECT meter, point, at, value FROM reading;
