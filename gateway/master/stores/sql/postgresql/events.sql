-- name: event_ids
WITH RECURSIVE known (event) AS (
    SELECT min(event) FROM event_row WHERE jsonb_array_length(%(rows)s::jsonb) = 0
    UNION ALL
    SELECT (SELECT min(event) FROM event_row e WHERE e.event > k.event) FROM known k WHERE k.event IS NOT NULL
)
SELECT event FROM known WHERE event IS NOT NULL;
-- name: events_between
SELECT e.meter, e.event, e.name, e.began, e.ended, e.detail, e.gateway
FROM jsonb_array_elements(%(rows)s::jsonb) j
JOIN event_row e ON e.event = j.value ->> 0
  AND e.began >= %(since)s::timestamptz AND e.began < %(before)s::timestamptz
WHERE j.value ->> 1 = '' OR strpos(e.detail, j.value ->> 1) = 0
ORDER BY e.began, e.digest;
-- name: words_between
SELECT m.asset, (extract(epoch FROM r.at) * 1000000)::bigint, r.point, r.value, q.scale
FROM reading_row r
JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
WHERE r.at >= timestamptz 'epoch' + %(since)s::bigint * interval '1 microsecond'
  AND r.at < timestamptz 'epoch' + %(before)s::bigint * interval '1 microsecond'
  AND r.value IS NOT NULL AND q.state <> 'REJECTED'
  AND r.point = ANY (ARRAY(SELECT jsonb_array_elements_text(%(rows)s::jsonb)::smallint))
ORDER BY r.at, r.meter;
