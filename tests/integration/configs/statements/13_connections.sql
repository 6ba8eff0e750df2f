-- expect: rows
SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%kafka%'
