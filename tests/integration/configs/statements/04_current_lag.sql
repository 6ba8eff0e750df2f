-- expect: rows
SELECT * FROM v_current_consumer_lag
WHERE service_name = 'my-service';
