-- expect: one row written
INSERT INTO pipeline_consumer_configs (
    service_name, consumer_group_id, max_poll_records,
    session_timeout_ms, retry_backoff_ms
) VALUES (
    'my-geocoder', 'loom-geocoder', 10, 120000, 1000
);
