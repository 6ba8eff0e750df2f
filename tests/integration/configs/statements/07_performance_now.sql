-- expect: rows
-- Check current consumer performance
SELECT * FROM v_consumer_performance_monitor
ORDER BY avg_lag DESC;
