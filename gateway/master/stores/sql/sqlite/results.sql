-- name: nodes_lock
SELECT id FROM node WHERE id IN (SELECT value FROM json_each(:rows)) ORDER BY id;
-- name: aggregates_new
INSERT INTO aggregate_row (start, node, span, side, unit, gateway, version, ending, energy, scale, due, present,
    estimated, estimated_share, skew, flags, worst)
SELECT value ->> 0, value ->> 1,
    value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, value ->> 12,
    value ->> 13, value ->> 14, value ->> 15, value ->> 16
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: aggregates_parts
SELECT a.start, a.node, a.span, a.side, a.unit, a.gateway, a.version,
    a.ending, a.energy, a.scale, a.due, a.present, a.estimated,
    a.estimated_share, a.skew, a.flags, a.worst
FROM json_each(:rows) j
JOIN aggregate_row a ON a.start = j.value ->> 0
    AND a.node = j.value ->> 1 AND a.span = j.value ->> 2 AND a.side = j.value ->> 3
    AND a.unit = j.value ->> 4;
-- name: aggregates_latest
SELECT a.start, a.node, a.span, a.side,
    a.unit, a.gateway, max(a.version), a.ending, a.energy, a.scale, a.due,
    a.present, a.estimated, a.estimated_share, a.skew, a.flags, a.worst
FROM json_each(:rows) j
JOIN aggregate_row a ON a.start = :start
    AND a.node = j.value AND a.span = :span AND a.gateway = 0
GROUP BY a.node, a.side, a.unit;
-- name: aggregates_sent
SELECT a.start, a.node, a.span, a.side,
    a.unit, a.gateway, max(a.version), a.ending, a.energy, a.scale, a.due,
    a.present, a.estimated, a.estimated_share, a.skew, a.flags, a.worst
FROM json_each(:rows) j
JOIN aggregate_row a ON a.start = :start
    AND a.node = j.value AND a.span = :span AND a.gateway <> 0
GROUP BY a.node, a.side, a.unit, a.gateway;
-- name: losses_new
INSERT INTO loss_row (start, node, span, version, ending, scale, supply, sale, loss, bound, rate, rate_low,
    rate_high, coverage, due, present, estimated, skew, state, reason)
SELECT value ->> 0, value ->> 1,
    value ->> 2, value ->> 3,
    value ->> 4, value ->> 5,
    value ->> 6, value ->> 7, value ->> 8, value ->> 9,
    value ->> 10, value ->> 11, value ->> 12, value ->> 13,
    value ->> 14, value ->> 15, value ->> 16, value ->> 17,
    value ->> 18, value ->> 19
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: losses_latest
SELECT l.start, l.node, l.span, max(l.version),
    l.ending, l.scale, l.supply, l.sale, l.loss, l.bound, l.rate, l.rate_low,
    l.rate_high, l.coverage, l.due, l.present, l.estimated, l.skew, l.state, l.reason
FROM json_each(:rows) j
JOIN loss_row l ON l.start = :start
    AND l.node = j.value AND l.span = :span
GROUP BY l.node;
-- name: losses_daily
SELECT l.node, l.start, l.rate, l.supply,
    l.sale, l.scale
FROM json_each(:rows) j
JOIN loss_row l ON l.start >= :first
    AND l.start <= :last
    AND l.node = j.value AND l.span = 2
GROUP BY l.node, l.start HAVING l.version = max(l.version);

-- name: energy_qualities
SELECT q.scale, q.register_scale, q.flags, q.multiplier, q.computed, q.method, q.reason, q.worst, q.id
FROM json_each(:rows) j
JOIN energy_quality q ON q.scale = j.value ->> 0 AND q.register_scale = j.value ->> 1
    AND q.flags = j.value ->> 2 AND q.multiplier = j.value ->> 3 AND q.computed = j.value ->> 4
    AND q.method = j.value ->> 5 AND q.reason = j.value ->> 6 AND q.worst = j.value ->> 7;
-- name: energy_qualities_new
INSERT INTO energy_quality (scale, register_scale, flags, multiplier, computed, method, reason, worst)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
    value ->> 5, value ->> 6, value ->> 7
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: energy_facts
SELECT id, scale, register_scale, flags, multiplier, computed, method, reason, worst FROM energy_quality
WHERE id IN (SELECT value FROM json_each(:rows));
-- name: energy_latest
SELECT e.meter, e.point, max(e.variant), e.energy, e.begin_register, e.end_register,
    e.quality, e.skew
FROM json_each(:rows) j
JOIN energy_row e ON e.start = :start
    AND e.meter = j.value AND e.variant & 3 = :span
GROUP BY e.meter, e.point;
-- name: energy_range
SELECT e.meter, e.energy, e.quality, e.variant FROM energy_row e
WHERE e.start = :start AND e.meter >= :low AND e.meter <= :high
    AND e.point = :point AND e.variant & 3 = :span AND json_array_length(:rows) = 0;
-- name: decreased_range
SELECT DISTINCT e.meter FROM energy_row e
WHERE e.start = :start AND e.meter >= :low AND e.meter <= :high
    AND e.variant & 3 = 2 AND json_array_length(:rows) = 0
    AND e.quality IN (SELECT id FROM energy_quality WHERE reason = 'decrease');
-- name: decreased_listed
SELECT DISTINCT e.meter FROM json_each(:rows) j
JOIN energy_row e ON e.start = :start AND e.meter = j.value AND e.variant & 3 = 2
JOIN energy_quality q ON q.id = e.quality WHERE q.reason = 'decrease';
-- name: energy_past
SELECT e.meter, e.start, e.energy, q.scale,
    q.computed
FROM json_each(:days) d
CROSS JOIN json_each(:rows) j
JOIN energy_row e ON e.start = d.value
    AND e.meter = j.value AND e.point = :point AND e.variant & 3 = :span
JOIN energy_quality q ON q.id = e.quality
GROUP BY e.meter, e.start HAVING e.variant = max(e.variant);
-- name: energies
INSERT INTO energy_row (start, energy, begin_register, end_register, meter, quality, skew, point, variant)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: corrections_new
INSERT INTO correction_row (start, made, span, object, cells)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING;
-- name: point_ids
SELECT id, code FROM point;
-- name: quality_facts
SELECT id, unit, scale, state, method, flags, source FROM quality
WHERE id IN (SELECT value FROM json_each(:rows));
-- name: registers_range
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag FROM reading_row r
WHERE r.at = :at AND r.meter >= :low AND r.meter <= :high
    AND r.value IS NOT NULL;
-- name: registers_listed
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag FROM json_each(:rows) j
JOIN reading_row r ON r.at = :at AND r.meter = j.value
WHERE r.value IS NOT NULL;
-- name: registers_near
SELECT r.meter, r.point, r.value, r.quality, r.variant, r.lag, r.at
FROM reading_row r
WHERE r.at > :first
    AND r.at < :last
    AND r.meter IN (SELECT value FROM json_each(:rows)) AND r.value IS NOT NULL;
-- name: first_reading
SELECT min(at) FROM reading_row WHERE at >= 1262304000000000
    AND json_array_length(:rows) = 0;

-- name: meters_chunk
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct, a.pt, a.register_is_primary, a.metering_side, a.valid_from, a.valid_to,
    a.accuracy, a.rated_voltage, a.max_current, a.capacity_kva, a.supply_type, a.pf_standard
FROM meter m JOIN archive_meter a ON a.meter = m.id
WHERE m.id > :after AND m.id <= :upto
    AND m.gateway IN (SELECT value FROM json_each(:rows))
ORDER BY m.id;
-- name: meters_listed
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct, a.pt, a.register_is_primary, a.metering_side, a.valid_from, a.valid_to,
    a.accuracy, a.rated_voltage, a.max_current, a.capacity_kva, a.supply_type, a.pf_standard
FROM json_each(:rows) j
JOIN meter m ON m.id = j.value JOIN archive_meter a ON a.meter = m.id
ORDER BY m.id;
-- name: meters_last
SELECT max(id) FROM meter WHERE json_array_length(:rows) = 0;
-- name: exchanges_for
SELECT x.gateway, x.old_meter, o.asset, x.new_meter, n.asset, x.mp_no, x.at,
    x.ct, x.pt, x.old_finals, x.new_initials
FROM archive_exchange x JOIN meter o ON o.id = x.old_meter JOIN meter n ON n.id = x.new_meter
WHERE x.at > :first
    AND x.at < :last
    AND json_array_length(:rows) = 0;
-- name: relations_of_meters
SELECT DISTINCT r.node, CASE WHEN r.node IS NULL THEN j.value END FROM json_each(:rows) j
LEFT JOIN archive_relation r ON r.meter = j.value;
-- name: relations_of_nodes
SELECT r.node, r.gateway, r.meter, m.asset, m.gateway, r.side, r.sign, r.valid_from, r.valid_to
FROM json_each(:rows) j
JOIN archive_relation r ON r.node = j.value JOIN meter m ON m.id = r.meter;
-- name: relations_own
SELECT DISTINCT r.meter FROM json_each(:rows) j
JOIN archive_relation r ON r.meter = j.value WHERE r.gateway = 0;
-- name: node_names
SELECT id, kind, code FROM node WHERE id IN (SELECT value FROM json_each(:rows));

-- name: gateways_due
SELECT DISTINCT g.id, g.opened FROM archive_meter a JOIN meter m ON m.id = a.meter
JOIN gateway g ON g.id = m.gateway WHERE json_array_length(:rows) = 0;
-- name: open_days
UPDATE gateway SET opened = j.value ->> 1 FROM json_each(:rows) j
WHERE gateway.id = j.value ->> 0;
-- name: stale_upto
SELECT id, day, gateway, meter, node FROM stale
WHERE day <= :day AND json_array_length(:rows) = 0;
-- name: stale_gone
DELETE FROM stale WHERE id IN (SELECT value FROM json_each(:rows));
-- name: lease_taken
INSERT INTO lease (name, holder, until) SELECT value ->> 0, value ->> 1, value ->> 2
FROM json_each(:rows) WHERE true ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until < :now RETURNING holder;
-- name: lease_given
DELETE FROM lease WHERE (name, holder) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:rows));
