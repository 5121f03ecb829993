-- name: review_doubted
SELECT m.asset, p.code, r.at, o.name, r.value, q.scale, q.unit, q.state, q.reason, r.variant >> 4
FROM reading_row r
JOIN quality q ON q.id = r.quality AND q.state IN ('SUSPECT', 'REJECTED') AND q.source <> 'review'
JOIN meter m ON m.id = r.meter
JOIN point p ON p.id = r.point
JOIN origin o ON o.id = r.variant & 15
WHERE r.at >= :rows ->> 0 AND r.at < :rows ->> 1
  AND NOT EXISTS (SELECT 1 FROM reading_row n JOIN quality w ON w.id = n.quality AND w.source <> 'review'
                  WHERE n.at = r.at AND n.meter = r.meter AND n.point = r.point
                    AND n.variant & 15 = r.variant & 15 AND n.variant > r.variant)
ORDER BY r.at DESC, m.asset, p.code LIMIT :rows ->> 2;
-- name: review_results
-- What the master withdrew (it ends where it began) is none.
SELECT f.rule, f.meter, f.began, f.ended, f.severity, f.value, f."limit", f."check", f.key
FROM finding f
WHERE f.rule LIKE 'P%' AND f.severity >= 1 AND f.began < :rows ->> 1 AND coalesce(f.ended, '9') >= :rows ->> 0
  AND (f.ended IS NULL OR f.ended > f.began OR f.gateway <> '')
ORDER BY f.severity DESC, f.began DESC, f.meter LIMIT :rows ->> 2;
-- name: review_findings
SELECT f.rule, f.point, f.began, f.ended, f.severity, f.state, f.value, f."limit", f."check"
FROM finding f
WHERE f.meter = :rows ->> 0
  AND (f.ended IS NULL OR f.ended > f.began OR f.gateway <> '')
ORDER BY f.began DESC LIMIT 50;
-- name: review_work
SELECT f.rule, f.meter, f.began, f.ended, f.value, f."limit"
FROM finding f
WHERE f.severity >= 1 AND coalesce(f.ended, '9') >= :rows ->> 0
  AND f.rule IN (SELECT value FROM json_each(:rows, '$[1]'))
  AND (f.ended IS NULL OR f.ended > f.began OR f.gateway <> '');
-- name: review_areas
SELECT DISTINCT m.asset, n.code FROM archive_relation r
JOIN meter m ON m.id = r.meter
JOIN node n ON n.id = r.node AND n.kind = 'transformer' AND n.code IN (SELECT value FROM json_each(:rows))
WHERE r.side = 'sale' AND (r.valid_from IS NULL OR r.valid_from <= :day)
  AND (r.valid_to IS NULL OR r.valid_to >= :day);
-- name: review_places
SELECT m.asset, n.kind, n.code, coalesce(a.line, '')
FROM json_each(:rows) j
JOIN meter m ON m.asset = j.value
JOIN archive_relation r ON r.meter = m.id
JOIN node n ON n.id = r.node
LEFT JOIN archive_node a ON a.node = r.node AND a.gateway = r.gateway
WHERE (r.valid_from IS NULL OR r.valid_from <= :day) AND (r.valid_to IS NULL OR r.valid_to >= :day)
ORDER BY r.gateway DESC, n.kind;
-- name: review_wiring
SELECT a.wiring FROM archive_meter a JOIN meter m ON m.id = a.meter
WHERE m.asset = :rows ->> 0 ORDER BY a.gateway LIMIT 1;
-- name: review_latest
-- From instant to instant backwards: the key begins with it, and of each only this meter's rows are looked up.
WITH RECURSIVE step(at) AS (
    SELECT max(at) FROM reading_row WHERE at > :since AND at <= :until
    UNION ALL
    SELECT (SELECT max(r.at) FROM reading_row r WHERE r.at < s.at AND r.at > :since)
    FROM step s WHERE s.at IS NOT NULL)
SELECT s.at, p.code, r.value, q.scale, r.variant
FROM step s
CROSS JOIN reading_row r ON r.at = s.at AND r.meter = (SELECT id FROM meter WHERE asset = :rows ->> 0)
    AND r.value IS NOT NULL
    AND r.point IN (SELECT id FROM point WHERE code IN (SELECT value FROM json_each(:rows, '$[1]')))
JOIN point p ON p.id = r.point
JOIN quality q ON q.id = r.quality AND q.state <> 'REJECTED'
LIMIT :most;
-- name: review_last
SELECT number, at, instant, actor, login, action, item, subject, reason, detail, previous, hash
FROM review_log ORDER BY number DESC LIMIT 1 + 0 * json_array_length(:rows);
-- name: review_log
SELECT number, at, instant, actor, login, action, item, subject, reason, detail, previous, hash
FROM review_log WHERE number >= :rows ->> 0 ORDER BY number LIMIT :rows ->> 1;
-- name: review_of
SELECT number, at, instant, actor, login, action, item, subject, reason, detail, previous, hash
FROM review_log WHERE item IN (SELECT value FROM json_each(:rows)) ORDER BY number;
-- name: review_editors
SELECT DISTINCT l.actor FROM review_log l
WHERE l.action IN ('accept', 'reject', 'edit') AND l.detail ->> 'queue' = 'raw' AND l.instant >= :rows ->> 1 AND l.instant <= :rows ->> 2
  AND (l.subject = :rows ->> 0 OR l.subject IN (
    SELECT m.asset FROM archive_relation r JOIN meter m ON m.id = r.meter JOIN node n ON n.id = r.node
    WHERE n.kind || ':' || n.code = :rows ->> 0));
-- name: review_write
INSERT INTO review_log (number, at, instant, actor, login, action, item, subject, reason, detail, previous, hash)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11 FROM json_each(:rows) WHERE true;
-- name: orders
SELECT number, opened, closed, item, subject, opened_by, told, result, checker, remark, closed_by
FROM field_order WHERE :rows ->> 0 = '' OR number = :rows ->> 0 ORDER BY number DESC LIMIT 200;
-- name: orders_since
SELECT number, closed, subject, told, result FROM field_order
WHERE closed IS NULL OR closed >= :rows ->> 0 ORDER BY number;
-- name: orders_new
INSERT INTO field_order (number, opened, item, subject, opened_by, told)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(:rows) WHERE true;
-- name: orders_close
UPDATE field_order SET closed = :rows ->> 1, result = :rows ->> 2, checker = :rows ->> 3, remark = :rows ->> 4,
    closed_by = :rows ->> 5
WHERE number = :rows ->> 0 AND closed IS NULL RETURNING number;
-- name: finals
SELECT start, ending FROM final_period WHERE start <= :rows ->> 0 AND ending >= :rows ->> 1;
-- name: finals_new
INSERT INTO final_period (start, ending, at, actor)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING RETURNING start;
-- name: supplements
SELECT number, at, start, ending, meter, kwh, reason, applicant, checker, checked, state FROM supplement
WHERE :rows ->> 0 = '' OR number = :rows ->> 0 ORDER BY number DESC LIMIT 200;
-- name: supplements_new
INSERT INTO supplement (number, at, start, ending, meter, kwh, reason, applicant, checker, checked, state)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, 'applied' FROM json_each(:rows) WHERE true;
-- name: supplements_approve
UPDATE supplement SET state = 'approved' WHERE number = :rows ->> 0 AND state = 'applied' RETURNING number;
-- name: versions
SELECT r.variant >> 4, o.name, r.lag FROM reading_row r
JOIN meter m ON m.id = r.meter AND m.asset = :rows ->> 0
JOIN point p ON p.id = r.point AND p.code = :rows ->> 1
JOIN origin o ON o.id = r.variant & 15
WHERE r.at = :rows ->> 2 ORDER BY 1;
-- name: count_of_day
SELECT count(*) FROM field_order WHERE number LIKE :rows ->> 0 UNION ALL
SELECT count(*) FROM supplement WHERE number LIKE :rows ->> 0;
