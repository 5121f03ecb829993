-- name: event_ids
WITH RECURSIVE known (event) AS (
    SELECT min(event) FROM event_row WHERE json_array_length(:rows) = 0
    UNION ALL
    SELECT (SELECT min(event) FROM event_row e WHERE e.event > k.event) FROM known k WHERE k.event IS NOT NULL
)
SELECT event FROM known WHERE event IS NOT NULL;
-- name: events_between
SELECT e.meter, e.event, e.name, e.began, e.ended, e.detail, e.gateway
FROM json_each(:rows) j
CROSS JOIN event_row e ON e.event = j.value ->> 0 AND e.began >= :since AND e.began < :before
WHERE j.value ->> 1 = '' OR instr(e.detail, j.value ->> 1) = 0
ORDER BY e.began, e.digest;
-- name: words_between
SELECT m.asset, r.at, r.point, r.value, q.scale
FROM reading_row r
JOIN quality q ON q.id = r.quality JOIN meter m ON m.id = r.meter
WHERE r.at >= :since AND r.at < :before AND r.value IS NOT NULL AND q.state <> 'REJECTED'
  AND r.point IN (SELECT value FROM json_each(:rows))
ORDER BY r.at, r.meter;
