-- A slot may be reported several times: when it closed, and whenever something of it came later. A value counts once.

DROP VIEW collection_success;
CREATE VIEW collection_success AS
SELECT meter, day, task, count(*) AS due, sum(present) AS present,
       round(1.0 * sum(present) / count(*), 4) AS success_rate
FROM (
    SELECT o.value ->> 0 AS meter, date(s.slot, z.value || ' seconds') AS day, s.task AS task,
           max(o.value ->> 1 IN ('ok', 'partial', 'backfilled')) AS present
    FROM slot_row s
    JOIN setting z ON z.name = 'utc_offset_seconds'
    JOIN json_each(s.outcomes) o
    GROUP BY s.gateway, s.task, s.target, s.slot, o.value ->> 0
)
GROUP BY 1, 2, 3;
