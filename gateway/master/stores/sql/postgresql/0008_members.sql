-- Who is read beside whom: the meters of one target.

CREATE INDEX archive_meter_target ON archive_meter (gateway, target, meter);
