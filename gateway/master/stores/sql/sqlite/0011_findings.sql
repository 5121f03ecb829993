-- What a gateway and the master both found at the same time is one finding, the master's.

DROP VIEW finding;
CREATE VIEW finding AS
SELECT f.meter AS meter, f.point AS point, f.rule AS rule, f.began AS began, f.ended AS ended,
       f.severity AS severity, f.state AS state, f.value AS value, f.limit_text AS "limit",
       f.check_text AS "check", f.count AS count, f.source AS source, f.key AS key, g.name AS gateway
FROM finding_row f
JOIN gateway g ON g.id = f.gateway
WHERE f.gateway = 0 OR NOT EXISTS (
    SELECT 1 FROM finding_row o
    WHERE o.gateway = 0 AND o.key = f.key
      AND o.began <= coalesce(f.ended, '9') AND coalesce(o.ended, '9') >= f.began
);
