-- Readings within a day: at an instant by the key's order, and between two instants, where live values lie.

-- name: curve_instants
SELECT j.value FROM json_each(:rows) j WHERE EXISTS (SELECT 1 FROM reading_row
    WHERE at = j.value AND point IN (SELECT value FROM json_each(:points))) ORDER BY 1;
-- name: curve_gaps
SELECT j.value FROM json_each(:rows) j WHERE EXISTS (SELECT 1 FROM reading_row
    WHERE at > j.value AND at < j.value + :length AND point IN (SELECT value FROM json_each(:points))) ORDER BY 1;
-- name: curve_at_range
SELECT r.at, r.meter, r.point, r.value, r.quality, r.variant FROM reading_row r
WHERE r.at = :at AND r.meter >= :low AND r.meter <= :high
    AND r.point IN (SELECT value FROM json_each(:points))
    AND r.value IS NOT NULL AND json_array_length(:rows) = 0;
-- name: curve_at_listed
SELECT r.at, r.meter, r.point, r.value, r.quality, r.variant FROM json_each(:rows) j
JOIN reading_row r ON r.at = :at AND r.meter = j.value
WHERE r.value IS NOT NULL AND r.point IN (SELECT value FROM json_each(:points));
-- name: curve_in_range
SELECT r.at, r.meter, r.point, r.value, r.quality, r.variant FROM reading_row r
WHERE r.at > :at AND r.at < :after AND r.meter >= :low AND r.meter <= :high
    AND r.point IN (SELECT value FROM json_each(:points))
    AND r.value IS NOT NULL AND json_array_length(:rows) = 0
ORDER BY r.at;
-- name: curve_in_listed
SELECT r.at, r.meter, r.point, r.value, r.quality, r.variant FROM reading_row r
WHERE r.at > :at AND r.at < :after AND r.meter IN (SELECT value FROM json_each(:rows))
    AND r.point IN (SELECT value FROM json_each(:points))
    AND r.value IS NOT NULL
ORDER BY r.at;

-- name: meters_beside
SELECT m.id, m.asset, m.gateway, a.gateway, a.mp_no, a.status, a.customer_class, a.wiring, a.digits, a.decimals,
    a.ct, a.pt, a.register_is_primary, a.metering_side, a.valid_from, a.valid_to,
    a.accuracy, a.rated_voltage, a.max_current, a.capacity_kva, a.supply_type
FROM json_each(:rows) j
JOIN archive_meter a ON a.mp_no = j.value AND a.mp_no <> '' JOIN meter m ON m.id = a.meter
WHERE EXISTS (SELECT 1 FROM archive_meter o WHERE o.mp_no = j.value AND o.meter <> a.meter)
ORDER BY m.id;
-- name: node_capacities
SELECT a.node, a.gateway, a.capacity_kva FROM json_each(:rows) j
JOIN archive_node a ON a.node = j.value WHERE a.capacity_kva IS NOT NULL
ORDER BY a.node, a.gateway DESC;

-- name: profiles_new
INSERT INTO profile_row (start, meter, powers)
SELECT :start, value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT (start, meter) DO UPDATE SET powers = excluded.powers;
-- name: profiles_gone
DELETE FROM profile_row WHERE start = :start AND meter IN (SELECT value FROM json_each(:rows));
-- name: profiles_old
DELETE FROM profile_row WHERE start < :start AND json_array_length(:rows) = 0;
-- name: profiles_of
SELECT p.meter, p.start, p.powers FROM json_each(:days) d CROSS JOIN json_each(:rows) j
JOIN profile_row p ON p.start = d.value AND p.meter = j.value;
