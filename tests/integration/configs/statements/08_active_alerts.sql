-- expect: rows
-- Get active alerts
SELECT * FROM v_consumer_alerts
WHERE priority IN ('high', 'critical');
