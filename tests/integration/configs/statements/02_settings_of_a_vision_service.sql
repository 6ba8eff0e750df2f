-- expect: one row written
INSERT INTO pipeline_consumer_configs (
    service_name, consumer_group_id, max_poll_records,
    session_timeout_ms, max_poll_interval_ms, max_partition_fetch_bytes
) VALUES (
    'my-vision-service', 'loom-vision', 1, 300000, 600000, 52428800
);
