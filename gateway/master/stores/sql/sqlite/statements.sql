-- name: gateways
SELECT name, id FROM gateway WHERE name IN (SELECT value FROM json_each(:rows));
-- name: gateways_new
INSERT INTO gateway (name) SELECT value FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: points
SELECT code, id FROM point WHERE code IN (SELECT value FROM json_each(:rows));
-- name: points_new
INSERT INTO point (code) SELECT value FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: meters
SELECT asset, id, gateway FROM meter WHERE asset IN (SELECT value FROM json_each(:rows));
-- name: meters_new
INSERT INTO meter (asset, gateway) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;
-- name: qualities
SELECT q.unit, q.scale, q.state, q.method, q.reason, q.flags, q.source, q.id
FROM json_each(:rows) j
JOIN quality q ON q.unit = j.value ->> 0 AND q.scale = j.value ->> 1 AND q.state = j.value ->> 2
    AND q.method = j.value ->> 3 AND q.reason = j.value ->> 4 AND q.flags = j.value ->> 5
    AND q.source = j.value ->> 6;
-- name: qualities_new
INSERT INTO quality (unit, scale, state, method, reason, flags, source)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: epochs
SELECT e.gateway, e.name, e.id FROM json_each(:rows) j
JOIN epoch e ON e.gateway = j.value ->> 0 AND e.name = j.value ->> 1;
-- name: epochs_new
INSERT INTO epoch (gateway, name) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;
-- name: origins_new
INSERT INTO origin (id, name) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;
-- name: settings
SELECT value FROM setting WHERE name IN (SELECT value FROM json_each(:rows));
-- name: settings_new
INSERT INTO setting (name, value) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;

-- name: batches_new
INSERT INTO batch (epoch, number, sha256, kind, row_count, received)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING RETURNING epoch, number;
-- name: batches
SELECT b.epoch, b.number, b.sha256 FROM json_each(:rows) j
JOIN batch b ON b.epoch = j.value ->> 0 AND b.number = j.value ->> 1;
-- name: lock
SELECT id, upto, also FROM epoch WHERE id IN (SELECT value FROM json_each(:rows)) ORDER BY id;
-- name: advance
UPDATE epoch SET upto = j.value ->> 1, also = j.value ->> 2
FROM json_each(:rows) j WHERE epoch.id = j.value ->> 0;

-- name: findings
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14
FROM json_each(:rows) WHERE true
ON CONFLICT (gateway, key, began) DO UPDATE SET rank = excluded.rank, ended = excluded.ended,
    severity = excluded.severity, state = excluded.state, value = excluded.value,
    limit_text = excluded.limit_text, check_text = excluded.check_text, count = excluded.count
WHERE excluded.rank > finding_row.rank;
-- name: findings_own
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT 0, j.value ->> 0, j.value ->> 1, 5, NULL, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5,
    'confirmed', j.value ->> 6, j.value ->> 7, j.value ->> 8, 1, j.value ->> 9
FROM json_each(:rows) j
WHERE NOT EXISTS (SELECT 1 FROM finding_row f WHERE f.gateway = 0 AND f.key = j.value ->> 0)
ON CONFLICT DO NOTHING RETURNING key;
-- name: events
INSERT INTO event_row (gateway, digest, meter, event, name, began, ended, detail, read_at, source)
SELECT value ->> 0, value ->> 1, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: slots
INSERT INTO slot_row (gateway, digest, present, task, target, slot, due, outcomes)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: audits
INSERT INTO audit_row (gateway, digest, at, actor, action, object, outcome, detail)
SELECT value ->> 0, value ->> 1, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: asides
INSERT INTO set_aside (epoch, number, place, reason, cells)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;

-- name: readings
INSERT OR IGNORE INTO reading_row (at, value, meter, quality, lag, point, variant) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: stage
CREATE TEMP TABLE IF NOT EXISTS stage (at INTEGER, value INTEGER, meter INTEGER, quality INTEGER, lag INTEGER,
    point INTEGER, variant INTEGER);
-- name: stage_rows
INSERT INTO stage VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: differing
SELECT s.at, m.asset, p.code, r.value, a.scale, s.value, b.scale
FROM stage s
JOIN reading_row r ON r.at = s.at AND r.meter = s.meter AND r.point = s.point AND r.variant = s.variant
JOIN quality a ON a.id = r.quality
JOIN quality b ON b.id = s.quality
JOIN meter m ON m.id = s.meter
JOIN point p ON p.id = s.point
WHERE r.value IS NOT s.value OR a.scale <> b.scale;
-- name: unstage
DELETE FROM stage;

-- name: dead
INSERT INTO dead_letter (received, topic, reason, body) VALUES (?, ?, ?, ?);
-- name: dead_old
DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?;
-- name: stored
SELECT meter, point, at, value FROM reading;
