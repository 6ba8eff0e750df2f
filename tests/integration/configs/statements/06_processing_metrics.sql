-- expect: rows
SELECT
    service_name,
    AVG(messages_per_second) as avg_throughput,
    AVG(processing_time_ms) as avg_processing_time,
    MAX(memory_usage_mb) as peak_memory
FROM consumer_processing_metrics
WHERE timestamp > NOW() - INTERVAL '1 hour'
GROUP BY service_name;
