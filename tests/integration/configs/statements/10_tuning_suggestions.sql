-- expect: rows
-- Get data-driven tuning suggestions
SELECT service_name, recommendation, priority
FROM v_consumer_alerts
WHERE priority = 'high'
ORDER BY service_name;
