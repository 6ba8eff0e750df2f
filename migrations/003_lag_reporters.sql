-- Which replica reports the lag of its consumer group as metrics: one at a time, so that sums over replicas are right.

CREATE TABLE IF NOT EXISTS kafka_lag_reporters (
    consumer_group text COLLATE "C" PRIMARY KEY,
    reporter       text NOT NULL,
    expires_at     timestamptz NOT NULL
) WITH (fillfactor = 50);

COMMENT ON TABLE kafka_lag_reporters IS
    'The replica that reports its consumer group''s lag as metrics, until expires_at: it renews that after each sample of the lag that succeeded, and another replica takes over when it has not.';
