-- What feeds of lines and transformers ask: who answers and who does it beside them, sums of hours.

-- name: energy_heard
SELECT e.meter, count(DISTINCT e.start), max((e.end_register IS NOT NULL)::integer)
FROM jsonb_array_elements_text(%(days)s::jsonb) d
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM energy_row
    WHERE start = timestamptz 'epoch' + d.value::bigint * interval '1 microsecond' AND meter = j.value::integer
        AND variant & 3 = 2 OFFSET 0) e
GROUP BY e.meter;
-- name: strangers_beside
WITH read_at AS MATERIALIZED (SELECT DISTINCT n.id AS node, a.gateway, a.target
    FROM jsonb_array_elements_text(%(rows)s::jsonb) j
    CROSS JOIN LATERAL (SELECT id FROM node WHERE id = j.value::integer AND kind = 'transformer' OFFSET 0) n
    CROSS JOIN LATERAL (SELECT meter FROM archive_relation WHERE node = n.id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT gateway, target FROM archive_meter WHERE meter = r.meter AND target <> '' OFFSET 0) a)
SELECT s.node, s.meter, m.asset FROM read_at t
CROSS JOIN LATERAL (SELECT t.node, a.meter FROM archive_meter a
    WHERE a.gateway = t.gateway AND a.target = t.target
        AND (SELECT r.meter FROM archive_relation r WHERE r.meter = a.meter LIMIT 1) IS NULL
        AND (SELECT x.new_meter FROM archive_exchange x WHERE x.new_meter = a.meter LIMIT 1) IS NULL OFFSET 0) s
CROSS JOIN LATERAL (SELECT asset FROM meter WHERE id = s.meter OFFSET 0) m
WHERE NOT EXISTS (SELECT FROM archive_meter b
    CROSS JOIN LATERAL (SELECT node FROM archive_relation WHERE meter = b.meter AND node <> t.node OFFSET 0) r
    CROSS JOIN LATERAL (SELECT FROM node WHERE id = r.node AND kind = 'transformer' OFFSET 0) n
    WHERE b.gateway = t.gateway AND b.target = t.target OFFSET 0)
ORDER BY s.node, m.asset;
-- name: nodes_visited
WITH read_at AS MATERIALIZED (SELECT DISTINCT a.gateway, a.target FROM jsonb_array_elements_text(%(rows)s::jsonb) j
    CROSS JOIN LATERAL (SELECT gateway, target FROM archive_meter
        WHERE meter = j.value::integer AND target <> '' OFFSET 0) a)
SELECT DISTINCT r.node FROM read_at t
CROSS JOIN LATERAL (SELECT meter FROM archive_meter WHERE gateway = t.gateway AND target = t.target OFFSET 0) b
CROSS JOIN LATERAL (SELECT node FROM archive_relation WHERE meter = b.meter OFFSET 0) r
CROSS JOIN LATERAL (SELECT FROM node WHERE id = r.node AND kind = 'transformer' OFFSET 0) n ORDER BY r.node;
-- name: aggregates_hours
SELECT DISTINCT ON (a.start, a.node, a.side) (extract(epoch FROM a.start) * 1000000)::bigint, a.node, a.side, a.energy,
    a.scale, a.due, a.present, a.version
FROM jsonb_array_elements_text(%(hours)s::jsonb) h
CROSS JOIN jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM aggregate_row
    WHERE start = timestamptz 'epoch' + h.value::bigint * interval '1 microsecond' AND node = j.value::integer
        AND span = 1 AND unit = 'kWh' AND gateway = 0 OFFSET 0) a
ORDER BY a.start, a.node, a.side, a.version DESC;
-- name: exchanges_behind
SELECT o.asset, n.asset, n.id, (extract(epoch FROM x.at) * 1000000)::bigint, x.mp_no
FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_exchange WHERE old_meter = j.value::integer
    AND at < timestamptz 'epoch' + %(last)s::bigint * interval '1 microsecond' OFFSET 0) x
JOIN meter o ON o.id = x.old_meter JOIN meter n ON n.id = x.new_meter
ORDER BY x.at, x.gateway;
-- name: exchanges_before
SELECT DISTINCT x.old_meter FROM jsonb_array_elements_text(%(rows)s::jsonb) j
CROSS JOIN LATERAL (SELECT * FROM archive_exchange WHERE new_meter = j.value::integer OFFSET 0) x;
