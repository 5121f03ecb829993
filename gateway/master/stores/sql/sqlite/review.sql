-- The second review: what its rules hit by day or month, and the findings that follow (those of gateway 0). A hit's `day` is
-- the first of its period, its `span` a number as in the table of that name.

-- name: energy_days
SELECT j.value FROM json_each(:rows) j WHERE EXISTS (SELECT 1 FROM energy_row
    WHERE start = j.value) ORDER BY 1;
-- name: losses_monthly
SELECT l.node, l.start, l.rate, l.supply, l.scale
FROM json_each(:months) m
CROSS JOIN json_each(:rows) j
JOIN loss_row l ON l.start = m.value AND l.node = j.value AND l.span = 3
GROUP BY l.node, l.start HAVING l.version = max(l.version);
-- name: hits_gone
DELETE FROM second_hit WHERE day = :day AND span = :span
    AND object IN (SELECT value FROM json_each(:rows))
RETURNING object, rule;
-- name: hits_gone_rule
DELETE FROM second_hit WHERE rule = :rule AND day = :day AND span = :span
    AND object IN (SELECT value FROM json_each(:rows));
-- name: hits_new
INSERT INTO second_hit (object, rule, day, severity, value, limit_text, sure, span)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
    value ->> 6, :span
FROM json_each(:rows);
-- name: hits_since
SELECT h.object, h.rule, h.day, h.severity, h.value, h.limit_text, h.sure
FROM json_each(:rows) j
JOIN second_hit h ON h.object = j.value ->> 0 AND h.day >= j.value ->> 1 AND h.span = :span;
-- name: findings_reviewed
SELECT f.meter, f.key, f.began, f.ended FROM json_each(:rows) j
JOIN finding_row f ON f.meter = j.value AND +f.gateway = 0 AND f.rule LIKE 'P%';
-- name: findings_second
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
    value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14
FROM json_each(:rows) WHERE true
ON CONFLICT (gateway, key, began) DO UPDATE SET rank = excluded.rank, ended = excluded.ended,
    severity = excluded.severity, state = excluded.state, value = excluded.value,
    limit_text = excluded.limit_text, check_text = excluded.check_text, count = excluded.count;
-- name: findings_withdrawn
UPDATE finding_row SET state = 'closed', ended = began FROM json_each(:rows) j
WHERE finding_row.gateway = 0 AND finding_row.key = j.value ->> 0 AND finding_row.began = j.value ->> 1;

-- name: nodes_beside
SELECT DISTINCT b.node FROM json_each(:rows) j
JOIN archive_node a ON a.node = j.value
JOIN archive_node b ON b.node <> a.node AND ((a.line <> '' AND b.line = a.line)
    OR (a.line = '' AND a.gateway <> 0 AND b.gateway = a.gateway))
JOIN node n ON n.id = b.node AND n.kind = 'transformer' ORDER BY b.node;
-- name: nodes_looking
SELECT DISTINCT a.node FROM json_each(:rows) j
JOIN archive_node b ON b.node = j.value
JOIN archive_node a ON a.node <> b.node AND ((b.line <> '' AND a.line = b.line)
    OR (b.gateway <> 0 AND a.gateway = b.gateway AND a.line = ''))
JOIN node n ON n.id = a.node AND n.kind = 'transformer' ORDER BY a.node;
-- name: hits_between
SELECT DISTINCT h.object, h.day FROM json_each(:rows) j
JOIN second_hit h ON h.object = j.value AND h.rule IN (SELECT value FROM json_each(:rules))
    AND h.span = :span AND h.day >= :first AND h.day <= :last;
-- name: area_members
SELECT DISTINCT m.id, m.asset, m.gateway FROM json_each(:rows) j
JOIN archive_relation r ON r.node = j.value AND r.side = 'sale'
JOIN node n ON n.id = r.node AND n.kind = 'transformer'
JOIN meter m ON m.id = r.meter;
-- name: hits_of
SELECT object FROM second_hit WHERE rule = :rows ->> 0 AND day = :day;
-- name: sale_nodes
SELECT r.meter, min(r.node) FROM json_each(:rows) j
JOIN archive_relation r ON r.meter = j.value AND r.side = 'sale'
JOIN node n ON n.id = r.node AND n.kind = 'transformer'
WHERE (r.valid_from IS NULL OR r.valid_from <= :day) AND (r.valid_to IS NULL OR r.valid_to >= :day)
GROUP BY r.meter;
-- name: sales_daily
SELECT l.node, l.start, l.sale, l.scale FROM json_each(:days) d CROSS JOIN json_each(:rows) j
JOIN loss_row l ON l.start = d.value AND l.node = j.value AND l.span = 2
WHERE l.sale IS NOT NULL ORDER BY l.version;
