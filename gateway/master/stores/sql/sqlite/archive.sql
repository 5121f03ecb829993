-- name: nodes
SELECT n.kind, n.code, n.id FROM json_each(:rows) j
JOIN node n ON n.kind = j.value ->> 0 AND n.code = j.value ->> 1;
-- name: nodes_new
INSERT INTO node (kind, code) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING;
-- name: meters_taken
UPDATE meter SET gateway = j.value ->> 1 FROM json_each(:rows) j
WHERE meter.asset = j.value ->> 0 AND meter.gateway = 0;

-- name: archive_taken
INSERT INTO archive (gateway, digest, taken) SELECT value ->> 0, value ->> 1, value ->> 2
FROM json_each(:rows) WHERE true
ON CONFLICT (gateway) DO UPDATE SET digest = excluded.digest, taken = excluded.taken
WHERE archive.digest <> excluded.digest RETURNING gateway;

-- name: meters_of
SELECT gateway, meter, mp_no, status, protocol, model, target, customer_class, wiring, digits, decimals, tariffs,
    ct, pt, register_is_primary, metering_side, valid_from, valid_to, accuracy,
    phase, rated_voltage, rated_current, max_current, capacity_kva, pf_standard,
    supply_type, route
FROM archive_meter WHERE gateway = (:rows ->> 0);
-- name: meters_gone
DELETE FROM archive_meter
WHERE (gateway, meter) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:rows));
-- name: meters_add
INSERT INTO archive_meter (gateway, meter, mp_no, status, protocol, model, target, customer_class, wiring, digits,
    decimals, tariffs, ct, pt, register_is_primary, metering_side, valid_from, valid_to, accuracy, phase,
    rated_voltage, rated_current, max_current, capacity_kva, pf_standard, supply_type, route)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
    value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10,
    value ->> 11, value ->> 12, value ->> 13, value ->> 14,
    value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20,
    value ->> 21, value ->> 22, value ->> 23, value ->> 24,
    value ->> 25, value ->> 26
FROM json_each(:rows);

-- name: relations_of
SELECT gateway, meter, node, side, sign, valid_from, valid_to
FROM archive_relation WHERE gateway = (:rows ->> 0);
-- name: relations_gone
DELETE FROM archive_relation WHERE rowid IN (SELECT a.rowid FROM archive_relation a JOIN json_each(:rows) j
    ON a.gateway = j.value ->> 0 AND a.meter = j.value ->> 1
    AND a.node = j.value ->> 2 AND a.side = j.value ->> 3 AND a.sign = j.value ->> 4
    AND a.valid_from IS j.value ->> 5
    AND a.valid_to IS j.value ->> 6);
-- name: relations_add
INSERT INTO archive_relation (gateway, meter, node, side, sign, valid_from, valid_to)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    value ->> 4, value ->> 5, value ->> 6
FROM json_each(:rows);

-- name: nodes_of
SELECT gateway, node, name, voltage, capacity_kva, line
FROM archive_node WHERE gateway = (:rows ->> 0);
-- name: nodes_gone
DELETE FROM archive_node
WHERE (gateway, node) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:rows));
-- name: nodes_add
INSERT INTO archive_node (gateway, node, name, voltage, capacity_kva, line)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    value ->> 4, value ->> 5
FROM json_each(:rows);

-- name: exchanges_of
SELECT gateway, old_meter, new_meter, mp_no, at, ct, pt,
    old_finals, new_initials
FROM archive_exchange WHERE gateway = (:rows ->> 0);
-- name: exchanges_gone
DELETE FROM archive_exchange WHERE rowid IN (SELECT a.rowid FROM archive_exchange a JOIN json_each(:rows) j
    ON a.gateway = j.value ->> 0 AND a.old_meter = j.value ->> 1
    AND a.new_meter = j.value ->> 2
    AND a.at = j.value ->> 4);
-- name: exchanges_add
INSERT INTO archive_exchange (gateway, old_meter, new_meter, mp_no, at, ct, pt, old_finals, new_initials)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    value ->> 4, value ->> 5,
    value ->> 6, value ->> 7, value ->> 8
FROM json_each(:rows);

-- name: statuses
INSERT INTO gateway_status (gateway, at, state, version, config, backlog)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
    value ->> 5
FROM json_each(:rows) WHERE true
ON CONFLICT (gateway) DO UPDATE SET at = excluded.at, state = excluded.state, version = excluded.version,
    config = excluded.config, backlog = excluded.backlog;

-- name: owners
SELECT id, gateway FROM meter WHERE id IN (SELECT value FROM json_each(:rows));
-- name: opened
SELECT id, opened FROM gateway WHERE opened IS NOT NULL
    AND id IN (SELECT value FROM json_each(:rows));
-- name: stale_new
INSERT INTO stale (day, gateway, meter, node)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM json_each(:rows);

-- name: batches_known
SELECT g.name, e.name, b.number FROM json_each(:rows) j
JOIN gateway g ON g.name = j.value ->> 0 JOIN epoch e ON e.gateway = g.id AND e.name = j.value ->> 1
JOIN batch b ON b.epoch = e.id AND b.number = j.value ->> 2;
-- name: keys_of
SELECT DISTINCT m.asset, n.kind FROM meter m
JOIN archive_relation r ON r.meter = m.id JOIN node n ON n.id = r.node
WHERE m.asset IN (SELECT value FROM json_each(:rows));
