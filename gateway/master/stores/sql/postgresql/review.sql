-- The second review: what its rules hit by day or month, and the findings that follow (those of gateway 0). A hit's `day` is
-- the first of its period, its `span` a number as in the table of that name.

-- name: energy_days
SELECT j.value::bigint FROM jsonb_array_elements_text(%(rows)s::jsonb) j WHERE EXISTS (SELECT FROM energy_row
    WHERE start = timestamptz 'epoch' + j.value::bigint * interval '1 microsecond' OFFSET 0) ORDER BY 1;
-- name: losses_monthly
SELECT DISTINCT ON (l.node, l.start) l.node, (extract(epoch FROM l.start) * 1000000)::bigint, l.rate, l.supply, l.scale
FROM jsonb_array_elements_text(%(months)s::jsonb) m
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM loss_row
    WHERE start = timestamptz 'epoch' + m.value::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = 3 OFFSET 0) l
ORDER BY l.node, l.start, l.version DESC;
-- name: hits_gone
DELETE FROM second_hit WHERE day = %(day)s::date AND span = %(span)s
    AND object = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)))
RETURNING object, rule;
-- name: hits_gone_rule
DELETE FROM second_hit WHERE rule = %(rule)s AND day = %(day)s::date AND span = %(span)s
    AND object = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)));
-- name: hits_new
INSERT INTO second_hit (object, rule, day, severity, value, limit_text, sure, span)
SELECT value ->> 0, value ->> 1, (value ->> 2)::date, (value ->> 3)::smallint, value ->> 4, value ->> 5,
    (value ->> 6)::smallint, %(span)s
FROM jsonb_array_elements(%(rows)s::jsonb);
-- name: hits_since
SELECT h.object, h.rule, h.day::text, h.severity, h.value, h.limit_text, h.sure
FROM jsonb_array_elements(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM second_hit
    WHERE object = j.value ->> 0 AND day >= (j.value ->> 1)::date AND span = %(span)s OFFSET 0) h;
-- name: findings_reviewed
-- gateway + 0: they are looked up by the meter's index, whatever the planner thinks of a table just filled.
SELECT f.meter, f.key, f.began::text, f.ended::text FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM finding_row
    WHERE meter = j.value AND gateway + 0 = 0 AND rule LIKE 'P%%' OFFSET 0) f;
-- name: findings_second
INSERT INTO finding_row (gateway, key, began, rank, ended, rule, meter, point, severity, state, value,
    limit_text, check_text, count, source)
SELECT (value ->> 0)::integer, value ->> 1, (value ->> 2)::timestamptz, (value ->> 3)::integer,
    (value ->> 4)::timestamptz, value ->> 5, value ->> 6, value ->> 7, (value ->> 8)::smallint, value ->> 9,
    value ->> 10, value ->> 11, value ->> 12, (value ->> 13)::integer, value ->> 14
FROM jsonb_array_elements(%(rows)s::jsonb)
ON CONFLICT (gateway, key, began) DO UPDATE SET rank = excluded.rank, ended = excluded.ended,
    severity = excluded.severity, state = excluded.state, value = excluded.value,
    limit_text = excluded.limit_text, check_text = excluded.check_text, count = excluded.count;
-- name: findings_withdrawn
UPDATE finding_row SET state = 'closed', ended = began FROM jsonb_array_elements(%(rows)s::jsonb) j
WHERE finding_row.gateway = 0 AND finding_row.key = j.value ->> 0 AND finding_row.began = (j.value ->> 1)::timestamptz;

-- name: nodes_beside
SELECT DISTINCT b.node FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_node WHERE node = j.value::integer OFFSET 0) a
JOIN archive_node b ON b.node <> a.node AND ((a.line <> '' AND b.line = a.line)
    OR (a.line = '' AND a.gateway <> 0 AND b.gateway = a.gateway))
JOIN node n ON n.id = b.node AND n.kind = 'transformer' ORDER BY b.node;
-- name: nodes_looking
SELECT DISTINCT a.node FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_node WHERE node = j.value::integer OFFSET 0) b
JOIN archive_node a ON a.node <> b.node AND ((b.line <> '' AND a.line = b.line)
    OR (b.gateway <> 0 AND a.gateway = b.gateway AND a.line = ''))
JOIN node n ON n.id = a.node AND n.kind = 'transformer' ORDER BY a.node;
-- name: hits_between
SELECT DISTINCT h.object, h.day::text FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM second_hit WHERE object = j.value
    AND rule IN (SELECT jsonb_array_elements_text(%(rules)s::jsonb))
    AND span = %(span)s AND day >= %(first)s::date AND day <= %(last)s::date OFFSET 0) h;
-- name: area_members
SELECT DISTINCT m.id, m.asset, m.gateway FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_relation WHERE node = j.value::integer AND side = 'sale' OFFSET 0) r
JOIN node n ON n.id = r.node AND n.kind = 'transformer'
CROSS JOIN LATERAL (SELECT * FROM meter WHERE id = r.meter OFFSET 0) m;
-- name: hits_of
SELECT object FROM second_hit WHERE rule = (%(rows)s::jsonb ->> 0) AND day = %(day)s::date;
-- name: sale_nodes
SELECT r.meter, min(r.node) FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_relation WHERE meter = j.value::integer AND side = 'sale' OFFSET 0) r
JOIN node n ON n.id = r.node AND n.kind = 'transformer'
WHERE (r.valid_from IS NULL OR r.valid_from <= %(day)s::date) AND (r.valid_to IS NULL OR r.valid_to >= %(day)s::date)
GROUP BY r.meter;
-- name: sales_daily
SELECT l.node, (extract(epoch FROM l.start) * 1000000)::bigint, l.sale, l.scale
FROM jsonb_array_elements_text(%(days)s::jsonb) d
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM loss_row
    WHERE start = timestamptz 'epoch' + d.value::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = 2 ORDER BY version DESC LIMIT 1) l
WHERE l.sale IS NOT NULL;
