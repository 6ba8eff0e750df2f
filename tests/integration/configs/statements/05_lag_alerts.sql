-- expect: rows
SELECT * FROM v_consumer_lag_alerts
WHERE alert_level != 'ok';
