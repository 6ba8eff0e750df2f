-- expect: one row written
INSERT INTO pipeline_consumer_configs (
    service_name, consumer_group_id, max_poll_records,
    session_timeout_ms, max_poll_interval_ms
) VALUES (
    'my-vad-service', 'loom-vad', 500, 30000, 60000
);
