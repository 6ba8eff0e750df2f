-- expect: rows
-- Historical performance trends
SELECT * FROM v_consumer_performance_history
WHERE service_name = 'minicpm-vision'
AND timestamp > NOW() - INTERVAL '1 hour';
