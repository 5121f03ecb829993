-- Statements that both databases understand; `?` is a parameter. Each begins with its name.

-- name: gateway_add
INSERT INTO gateway (name) VALUES (?) ON CONFLICT (name) DO NOTHING;

-- name: gateway_find
SELECT id FROM gateway WHERE name = ?;

-- name: epoch_add
INSERT INTO epoch (gateway, code) VALUES (?, ?) ON CONFLICT (gateway, code) DO NOTHING;

-- name: epoch_find
SELECT id FROM epoch WHERE gateway = ? AND code = ?;

-- name: batch_find
SELECT sha256 FROM batch WHERE epoch = ? AND batch = ?;

-- name: batch_add
INSERT INTO batch (epoch, batch, kind, sha256, row_count) VALUES (?, ?, ?, ?, ?);

-- name: ranges
SELECT first, last FROM batch_range WHERE epoch = ? ORDER BY first;

-- name: ranges_clear
DELETE FROM batch_range WHERE epoch = ?;

-- name: range_add
INSERT INTO batch_range (epoch, first, last) VALUES (?, ?, ?);

-- name: meter_add
INSERT INTO meter (asset, gateway, source) VALUES (?, ?, ?) ON CONFLICT (asset) DO NOTHING;

-- name: meter_find
SELECT id, gateway, source FROM meter WHERE asset = ?;

-- name: meter_move
UPDATE meter SET gateway = ? WHERE asset = ?;

-- name: point_add
INSERT INTO point (code, unit) VALUES (?, ?) ON CONFLICT (code, unit) DO NOTHING;

-- name: point_find
SELECT id FROM point WHERE code = ? AND unit = ?;

-- name: note_add
INSERT INTO reading_note (meter, point, at, key, read_at, reason, source) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (meter, point, at, key) DO NOTHING;

-- name: finding_put
INSERT INTO finding_row (gateway, key, began, rule, meter, point, ended, severity, state, value, limit_text, check_text, count, source)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (gateway, key, began) DO UPDATE SET
    ended = excluded.ended, severity = excluded.severity, state = excluded.state, value = excluded.value,
    limit_text = excluded.limit_text, check_text = excluded.check_text, count = excluded.count
WHERE excluded.count >= finding_row.count;

-- name: event_add
INSERT INTO event_row (epoch, batch, line, meter, event, name, began, ended, detail, read_at, source)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (epoch, batch, line) DO NOTHING;

-- name: slot_put
INSERT INTO slot_row (gateway, task, target, slot, due, present, outcomes) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (gateway, task, target, slot) DO UPDATE SET
    due = excluded.due, present = excluded.present, outcomes = excluded.outcomes
WHERE excluded.present >= slot_row.present;

-- name: audit_add
INSERT INTO audit_row (epoch, batch, line, at, actor, action, object, outcome, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (epoch, batch, line) DO NOTHING;

-- name: dead_add
INSERT INTO dead_letter (topic, reason, body) VALUES (?, ?, ?);

-- name: dead_trim
DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - 1000;

-- name: archive_clear
DELETE FROM archive_meter WHERE gateway = ? AND page = ?;

-- name: archive_shorten
DELETE FROM archive_meter WHERE gateway = ? AND page >= ?;

-- name: archive_add
INSERT INTO archive_meter (gateway, asset, page, record) VALUES (?, ?, ?, ?)
ON CONFLICT (gateway, asset) DO UPDATE SET page = excluded.page, record = excluded.record;

-- name: archive_has
SELECT 1 FROM archive_meter WHERE gateway = ? AND asset = ?;

-- name: archive_any
SELECT 1 FROM archive_meter WHERE gateway = ? LIMIT 1;
