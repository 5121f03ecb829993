-- A slot may be reported several times: when it closed, and whenever something of it came later. A value counts once.

CREATE OR REPLACE VIEW collection_success AS
SELECT meter, day, task, count(*) AS due, count(*) FILTER (WHERE here) AS present,
       round(count(*) FILTER (WHERE here)::numeric / count(*), 4) AS success_rate
FROM (
    SELECT o.value ->> 0 AS meter,
           ((s.slot AT TIME ZONE 'UTC') + make_interval(secs => z.value::integer))::date AS day,
           s.task AS task,
           bool_or(o.value ->> 1 IN ('ok', 'partial', 'backfilled')) AS here
    FROM slot_row s
    JOIN setting z ON z.name = 'utc_offset_seconds'
    CROSS JOIN LATERAL jsonb_array_elements(s.outcomes) o
    GROUP BY s.gateway, s.task, s.target, s.slot, z.value, o.value ->> 0
) one
GROUP BY 1, 2, 3;
