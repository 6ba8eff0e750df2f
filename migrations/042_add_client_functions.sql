-- What the clients in C++, Python and TypeScript say to the database, once for all three: a client calls these and
-- effective_consumer_config() (038), and knows neither the tables' columns nor an order nor a rule.
-- They run with the caller's rights: whoever may INSERT into the two tables may report.

-- What a service did in a stretch of time. A rate that is no number (nothing in no time) counts as 0.
CREATE OR REPLACE FUNCTION record_consumer_metrics(
    p_service text, p_messages_processed bigint, p_messages_per_second double precision, p_processing_time_ms double precision,
    p_memory_usage_mb double precision, p_errors bigint DEFAULT 0, p_rebalances integer DEFAULT 0)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    no_numbers CONSTANT double precision[] := '{NaN,Infinity,-Infinity}';
BEGIN
    INSERT INTO consumer_processing_metrics (service_name, messages_processed, messages_per_second, processing_time_ms,
                                             memory_usage_mb, errors, rebalances)
    VALUES (p_service, p_messages_processed,
            CASE WHEN p_messages_per_second = ANY (no_numbers) THEN 0 ELSE p_messages_per_second END,
            CASE WHEN p_processing_time_ms = ANY (no_numbers) THEN 0 ELSE p_processing_time_ms END,
            CASE WHEN p_memory_usage_mb = ANY (no_numbers) THEN 0 ELSE p_memory_usage_mb END,
            p_errors, p_rebalances);
END
$$;

-- How far a member of a group is behind: the arrays hold a partition at each index. A log that was cut may end before the
-- position: that is no lag.
CREATE OR REPLACE FUNCTION record_consumer_lag(
    p_service text, p_consumer_group_id text, p_topics text[], p_partitions integer[], p_current_offsets bigint[],
    p_end_offsets bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(p_topics) <> ANY (ARRAY[cardinality(p_partitions), cardinality(p_current_offsets),
                                           cardinality(p_end_offsets)]) THEN
        RAISE EXCEPTION 'record_consumer_lag: arrays of different lengths (% topics, % partitions, % current and % end offsets)',
            cardinality(p_topics), cardinality(p_partitions), cardinality(p_current_offsets), cardinality(p_end_offsets)
            USING ERRCODE = 'array_subscript_error';
    END IF;
    INSERT INTO consumer_lag_history (service_name, consumer_group_id, topic, partition, current_offset, end_offset, lag)
    SELECT p_service, p_consumer_group_id, at.topic, at.partition, at.position, at.log_end, greatest(0, at.log_end - at.position)
      FROM unnest(p_topics, p_partitions, p_current_offsets, p_end_offsets) AS at (topic, partition, position, log_end);
END
$$;

-- The advice of v_consumer_recommendations, the most urgent first.
CREATE OR REPLACE FUNCTION consumer_recommendations()
RETURNS TABLE (service_name text, priority text, recommended_config jsonb, reason text) LANGUAGE sql STABLE AS $$
    SELECT r.service_name::text, r.priority::text, r.recommended_config::jsonb, r.reason::text
      FROM v_consumer_recommendations r
     ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], r.priority::text), r.service_name, r.reason
$$;

COMMENT ON FUNCTION record_consumer_metrics IS 'A report of a service into consumer_processing_metrics.';
COMMENT ON FUNCTION record_consumer_lag IS 'A look at a service''s partitions into consumer_lag_history.';
COMMENT ON FUNCTION consumer_recommendations IS 'v_consumer_recommendations, the most urgent first.';
