-- What feeds of lines and transformers ask: who answers and who does it beside them, sums of hours.

-- name: energy_heard
SELECT e.meter, count(DISTINCT e.start), max(e.end_register IS NOT NULL)
FROM json_each(:days) d
CROSS JOIN json_each(:rows) j
JOIN energy_row e ON e.start = d.value
    AND e.meter = j.value AND e.variant & 3 = 2
GROUP BY e.meter;
-- name: strangers_beside
WITH read_at AS (SELECT DISTINCT n.id AS node, a.gateway, a.target FROM json_each(:rows) j
    JOIN node n ON n.id = j.value AND n.kind = 'transformer'
    CROSS JOIN archive_relation r ON r.node = n.id
    CROSS JOIN archive_meter a ON a.meter = r.meter AND a.target <> '')
SELECT t.node, m.id, m.asset FROM read_at t
CROSS JOIN archive_meter a ON a.gateway = t.gateway AND a.target = t.target
CROSS JOIN meter m ON m.id = a.meter
WHERE NOT EXISTS (SELECT 1 FROM archive_relation r WHERE r.meter = a.meter)
    AND NOT EXISTS (SELECT 1 FROM archive_exchange x WHERE x.new_meter = a.meter)
    AND NOT EXISTS (SELECT 1 FROM archive_meter b
        CROSS JOIN archive_relation r ON r.meter = b.meter AND r.node <> t.node
        CROSS JOIN node n ON n.id = r.node AND n.kind = 'transformer'
        WHERE b.gateway = t.gateway AND b.target = t.target)
ORDER BY t.node, m.asset;
-- name: nodes_visited
WITH read_at AS (SELECT DISTINCT a.gateway, a.target FROM json_each(:rows) j
    CROSS JOIN archive_meter a ON a.meter = j.value AND a.target <> '')
SELECT DISTINCT r.node FROM read_at t
CROSS JOIN archive_meter b ON b.gateway = t.gateway AND b.target = t.target
CROSS JOIN archive_relation r ON r.meter = b.meter
CROSS JOIN node n ON n.id = r.node AND n.kind = 'transformer' ORDER BY r.node;
-- name: aggregates_hours
SELECT a.start, a.node, a.side, a.energy,
    a.scale, a.due, a.present, max(a.version)
FROM json_each(:hours) h
CROSS JOIN json_each(:rows) j
JOIN aggregate_row a ON a.start = h.value
    AND a.node = j.value AND a.span = 1 AND a.unit = 'kWh' AND a.gateway = 0
GROUP BY a.start, a.node, a.side;
-- name: exchanges_behind
SELECT o.asset, n.asset, n.id, x.at, x.mp_no FROM json_each(:rows) j
JOIN archive_exchange x ON x.old_meter = j.value AND x.at < :last
JOIN meter o ON o.id = x.old_meter JOIN meter n ON n.id = x.new_meter
ORDER BY x.at, x.gateway;
-- name: exchanges_before
SELECT DISTINCT x.old_meter FROM json_each(:rows) j
JOIN archive_exchange x ON x.new_meter = j.value;
