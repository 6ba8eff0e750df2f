-- What the services report about themselves, seen as lag, performance, alerts and advice.
-- The two tables are made here, since the views read them; how long and in what pieces they are kept is in migration 041.
-- Views of these names that are not from here are put aside under another name, not dropped.

-- In one piece per day. With TimescaleDB they are hypertables, which 041 makes of plain tables.
DO $$
DECLARE
    by_day text := CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN ''
                        ELSE 'PARTITION BY RANGE (timestamp)' END;
BEGIN
    EXECUTE 'CREATE TABLE IF NOT EXISTS consumer_processing_metrics (
        service_name text NOT NULL, timestamp timestamptz NOT NULL DEFAULT now()) ' || by_day;
    EXECUTE 'CREATE TABLE IF NOT EXISTS consumer_lag_history (
        service_name text NOT NULL, timestamp timestamptz NOT NULL DEFAULT now()) ' || by_day;
END
$$;
ALTER TABLE consumer_processing_metrics
    ADD COLUMN IF NOT EXISTS timestamp timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS messages_processed bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS messages_per_second double precision NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS processing_time_ms double precision NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS memory_usage_mb double precision NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS errors bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS rebalances integer NOT NULL DEFAULT 0;
ALTER TABLE consumer_lag_history
    ADD COLUMN IF NOT EXISTS timestamp timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS consumer_group_id text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS topic text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS partition integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS current_offset bigint,
    ADD COLUMN IF NOT EXISTS end_offset bigint,
    ADD COLUMN IF NOT EXISTS lag bigint;

COMMENT ON TABLE consumer_processing_metrics IS 'What each service did, a row per service and stretch of time.';
COMMENT ON COLUMN consumer_processing_metrics.processing_time_ms IS 'Of a message, on average.';
COMMENT ON TABLE consumer_lag_history IS 'How far each service was behind, a row per partition and look.';

-- Where advice begins: one row, the only place that holds these numbers. UPDATE it to be advised otherwise.
CREATE TABLE IF NOT EXISTS consumer_advice_thresholds (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));
ALTER TABLE consumer_advice_thresholds
    ADD COLUMN IF NOT EXISTS look_back interval NOT NULL DEFAULT '1 hour',
    ADD COLUMN IF NOT EXISTS lag_warning bigint NOT NULL DEFAULT 100,
    ADD COLUMN IF NOT EXISTS lag_high bigint NOT NULL DEFAULT 1000,
    ADD COLUMN IF NOT EXISTS lag_critical bigint NOT NULL DEFAULT 10000,
    ADD COLUMN IF NOT EXISTS small_poll_records integer NOT NULL DEFAULT 500,
    ADD COLUMN IF NOT EXISTS more_records_factor integer NOT NULL DEFAULT 5 CHECK (more_records_factor > 1),
    ADD COLUMN IF NOT EXISTS lag_low bigint NOT NULL DEFAULT 10,
    ADD COLUMN IF NOT EXISTS large_poll_records integer NOT NULL DEFAULT 1000 CHECK (large_poll_records BETWEEN 1 AND 5000),
    ADD COLUMN IF NOT EXISTS processing_share double precision NOT NULL DEFAULT 0.8 CHECK (processing_share BETWEEN 0.1 AND 1),
    ADD COLUMN IF NOT EXISTS memory_rise_share double precision NOT NULL DEFAULT 0.2,
    ADD COLUMN IF NOT EXISTS memory_rise_mb double precision NOT NULL DEFAULT 50,
    ADD COLUMN IF NOT EXISTS memory_samples integer NOT NULL DEFAULT 6,
    ADD COLUMN IF NOT EXISTS rebalances_max integer NOT NULL DEFAULT 3,
    ADD COLUMN IF NOT EXISTS error_share double precision NOT NULL DEFAULT 0.01,
    ADD COLUMN IF NOT EXISTS silent_after interval NOT NULL DEFAULT '5 minutes',
    ADD COLUMN IF NOT EXISTS session_timeout_max_ms integer NOT NULL DEFAULT 1800000,
    ADD COLUMN IF NOT EXISTS max_poll_interval_max_ms integer NOT NULL DEFAULT 86400000;
INSERT INTO consumer_advice_thresholds DEFAULT VALUES ON CONFLICT DO NOTHING;
-- Without statistics the planner takes it for hundreds of rows, and then compiles (jit) for seconds what takes milliseconds.
ANALYZE consumer_advice_thresholds;

DO $$
DECLARE
    v text;
BEGIN
    FOREACH v IN ARRAY ARRAY['v_current_consumer_lag', 'v_consumer_lag_alerts', 'v_consumer_performance_monitor',
        'v_consumer_performance_history', 'v_consumer_advice_basis', 'v_consumer_advice', 'v_consumer_recommendations',
        'v_consumer_alerts', 'v_consumer_config_monitoring'] LOOP
        IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(v) AND relkind IN ('v', 'm'))
           AND coalesce(obj_description(to_regclass(v), 'pg_class'), '') NOT LIKE '%(migration 040)' THEN
            EXECUTE format('ALTER TABLE %I RENAME TO %I', v, v || '_before_040');
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE VIEW v_current_consumer_lag AS
SELECT DISTINCT ON (h.service_name, h.consumer_group_id, h.topic, h.partition)
       h.service_name, h.consumer_group_id, h.topic, h.partition, h.current_offset, h.end_offset,
       coalesce(h.lag, greatest(h.end_offset - h.current_offset, 0), 0) AS lag, h.timestamp
  FROM consumer_lag_history h
 WHERE h.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t)
 ORDER BY h.service_name, h.consumer_group_id, h.topic, h.partition, h.timestamp DESC;

CREATE OR REPLACE VIEW v_consumer_lag_alerts AS
SELECT l.service_name, l.consumer_group_id, l.topic, l.partitions, l.total_lag, l.max_partition_lag,
       CASE WHEN l.total_lag > t.lag_high THEN 'critical' WHEN l.total_lag > t.lag_warning THEN 'warning' ELSE 'ok' END
           AS alert_level, l.timestamp
  FROM consumer_advice_thresholds t,
       (SELECT service_name, consumer_group_id, topic, count(*) AS partitions, sum(lag)::bigint AS total_lag,
               max(lag) AS max_partition_lag, max(timestamp) AS timestamp
          FROM v_current_consumer_lag GROUP BY service_name, consumer_group_id, topic) l;

-- What is known of each service since its settings were last changed, within look_back: advice on settings that are no
-- longer in force would be given twice.
CREATE OR REPLACE VIEW v_consumer_advice_basis AS
WITH seen AS (
    SELECT c.service_name::text, max(c.updated_at) AS changed_at FROM pipeline_consumer_configs c GROUP BY 1
), reporting AS (
    -- By GROUP BY: the planner takes that for few services, UNION for as many as there are rows.
    SELECT service_name, max(last_seen) AS last_seen
      FROM (SELECT m.service_name::text, max(m.timestamp) AS last_seen FROM consumer_processing_metrics m
             WHERE m.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t) GROUP BY 1
            UNION ALL
            SELECT h.service_name::text, NULL FROM consumer_lag_history h
             WHERE h.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t) GROUP BY 1) r
     GROUP BY 1
), services AS (
    SELECT service_name, greatest(seen.changed_at, now() - t.look_back) AS since, reporting.last_seen
      FROM seen FULL JOIN reporting USING (service_name), consumer_advice_thresholds t
), metrics AS (
    SELECT s.service_name, m.timestamp, m.messages_processed, m.processing_time_ms, m.messages_per_second,
           m.memory_usage_mb, m.errors, m.rebalances,
           ntile(2) OVER (PARTITION BY s.service_name ORDER BY m.timestamp) AS half
      FROM services s JOIN consumer_processing_metrics m ON m.service_name = s.service_name AND m.timestamp >= s.since
     WHERE m.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t)
), work AS (
    SELECT service_name, count(*) AS samples,
           sum(messages_processed)::bigint AS messages_processed,
           avg(messages_per_second)::double precision AS avg_messages_per_second,
           -- By message; without any, the samples' own.
           coalesce(sum(processing_time_ms * messages_processed) / nullif(sum(messages_processed), 0),
                    avg(processing_time_ms))::double precision AS avg_processing_time_ms,
           avg(memory_usage_mb) FILTER (WHERE half = 1)::double precision AS memory_before_mb,
           avg(memory_usage_mb) FILTER (WHERE half = 2)::double precision AS memory_now_mb,
           max(memory_usage_mb)::double precision AS peak_memory_mb,
           sum(errors)::bigint AS errors, sum(rebalances)::bigint AS rebalances
      FROM metrics GROUP BY service_name
), behind AS (
    SELECT p.service_name, sum(p.average)::double precision AS avg_lag, sum(p.latest)::bigint AS current_lag
      FROM (SELECT s.service_name, h.consumer_group_id, h.topic, h.partition,
                   avg(coalesce(h.lag, h.end_offset - h.current_offset)) AS average,
                   (array_agg(coalesce(h.lag, h.end_offset - h.current_offset) ORDER BY h.timestamp DESC))[1] AS latest
              FROM services s JOIN consumer_lag_history h ON h.service_name = s.service_name AND h.timestamp >= s.since
             WHERE h.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t)
             GROUP BY 1, 2, 3, 4) p
     GROUP BY p.service_name
)
SELECT s.service_name, c.consumer_group_id, c.service_type, c.source, c.max_poll_records, c.session_timeout_ms,
       c.max_poll_interval_ms, c.fetch_max_bytes, c.max_partition_fetch_bytes, s.since, w.samples, s.last_seen,
       w.messages_processed, w.avg_messages_per_second, w.avg_processing_time_ms, w.memory_before_mb, w.memory_now_mb,
       w.peak_memory_mb, w.errors, w.rebalances, b.avg_lag, b.current_lag
  FROM services s
  LEFT JOIN work w USING (service_name)
  LEFT JOIN behind b USING (service_name)
 CROSS JOIN LATERAL effective_consumer_config(s.service_name) c;

CREATE OR REPLACE VIEW v_consumer_performance_monitor AS
WITH work AS (
    SELECT m.service_name::text, sum(m.messages_processed)::bigint AS messages_processed,
           avg(m.messages_per_second)::double precision AS avg_messages_per_second,
           coalesce(sum(m.processing_time_ms * m.messages_processed) / nullif(sum(m.messages_processed), 0),
                    avg(m.processing_time_ms))::double precision AS avg_processing_time_ms,
           max(m.memory_usage_mb)::double precision AS peak_memory_mb, sum(m.errors)::bigint AS errors,
           sum(m.rebalances)::bigint AS rebalances, max(m.timestamp) AS last_seen
      FROM consumer_processing_metrics m
     WHERE m.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t) GROUP BY 1
), behind AS (
    SELECT p.service_name, sum(p.average)::double precision AS avg_lag, sum(p.highest)::bigint AS max_lag
      FROM (SELECT h.service_name::text, avg(coalesce(h.lag, h.end_offset - h.current_offset)) AS average,
                   max(coalesce(h.lag, h.end_offset - h.current_offset)) AS highest
              FROM consumer_lag_history h
             WHERE h.timestamp > now() - (SELECT t.look_back FROM consumer_advice_thresholds t)
             GROUP BY h.service_name, h.consumer_group_id, h.topic, h.partition) p GROUP BY 1
), latest AS (
    SELECT l.service_name::text, sum(l.lag)::bigint AS current_lag FROM v_current_consumer_lag l GROUP BY 1
)
SELECT service_name, coalesce(b.avg_lag, 0) AS avg_lag, coalesce(b.max_lag, 0) AS max_lag,
       coalesce(l.current_lag, 0) AS current_lag, coalesce(w.messages_processed, 0) AS messages_processed,
       w.avg_messages_per_second, w.avg_processing_time_ms, w.peak_memory_mb, coalesce(w.errors, 0) AS errors,
       coalesce(w.errors::double precision / nullif(w.messages_processed + w.errors, 0), 0) AS error_share,
       coalesce(w.rebalances, 0) AS rebalances, w.last_seen
  FROM work w FULL JOIN behind b USING (service_name) LEFT JOIN latest l USING (service_name);

CREATE OR REPLACE VIEW v_consumer_performance_history AS
SELECT m.service_name, m.timestamp, m.messages_processed, m.messages_per_second, m.processing_time_ms, m.memory_usage_mb,
       m.errors, m.rebalances, l.lag
  FROM consumer_processing_metrics m
  LEFT JOIN LATERAL (
      -- As it was known then; a service reports its lag right after its work.
      SELECT sum(p.lag)::bigint AS lag
        FROM (SELECT DISTINCT ON (h.consumer_group_id, h.topic, h.partition)
                     coalesce(h.lag, h.end_offset - h.current_offset) AS lag
                FROM consumer_lag_history h
               WHERE h.service_name = m.service_name AND h.timestamp <= m.timestamp + interval '5 seconds'
                 AND h.timestamp > m.timestamp - interval '2 minutes'
               ORDER BY h.consumer_group_id, h.topic, h.partition, h.timestamp DESC) p) l ON true;

-- The rules, one SELECT each; docs/configs.md has them in words. `wanted` may name settings that stay as they are: the last
-- SELECT leaves them out.
CREATE OR REPLACE VIEW v_consumer_advice AS
WITH known AS (
    SELECT b.*, t.*,
           -- As many as the poll interval leaves time for.
           floor(t.processing_share * b.max_poll_interval_ms / nullif(b.avg_processing_time_ms, 0)) AS records_in_time,
           b.avg_processing_time_ms * b.max_poll_records AS poll_takes_ms
      FROM v_consumer_advice_basis b, consumer_advice_thresholds t
), rules AS (
    -- Far behind, with small polls: more records.
    SELECT k.service_name, 'more_records' AS rule, 'Raise' AS verb,
           CASE WHEN k.current_lag > k.lag_critical THEN 'critical' ELSE 'high' END AS priority,
           jsonb_build_object('max_poll_records', more.records) AS wanted,
           format('lag of %s messages is over %s, and a poll takes only %s', k.current_lag, k.lag_high, k.max_poll_records)
               AS reason
      FROM known k, LATERAL (SELECT least(k.large_poll_records, k.max_poll_records * k.more_records_factor,
                                          k.records_in_time)::integer AS records) more
     WHERE k.current_lag > k.lag_high AND k.max_poll_records < k.small_poll_records AND more.records > k.max_poll_records
    UNION ALL
    -- A message takes nearly as long as the session may be silent: longer session and poll interval.
    SELECT k.service_name, 'longer_session', 'Raise',
           CASE WHEN k.avg_processing_time_ms > k.session_timeout_ms THEN 'critical' ELSE 'high' END,
           jsonb_build_object('session_timeout_ms', longer.session, 'max_poll_interval_ms', greatest(k.max_poll_interval_ms,
               least(k.max_poll_interval_max_ms, greatest(2 * longer.session::bigint,
                     ceil(k.poll_takes_ms / k.processing_share / 1000) * 1000)))::integer),
           format('a message takes %s ms, over %s %% of the session timeout of %s ms', round(k.avg_processing_time_ms),
                  round(100 * k.processing_share), k.session_timeout_ms)
      FROM known k, LATERAL (SELECT least(k.session_timeout_max_ms,
                                          ceil(2 * k.avg_processing_time_ms / 1000) * 1000)::integer AS session) longer
     WHERE k.avg_processing_time_ms > k.processing_share * k.session_timeout_ms AND longer.session > k.session_timeout_ms
    UNION ALL
    -- A poll's messages take nearly as long as the time until the next poll: longer poll interval.
    SELECT k.service_name, 'longer_poll_interval', 'Raise',
           CASE WHEN k.poll_takes_ms > k.max_poll_interval_ms THEN 'critical' ELSE 'high' END,
           jsonb_build_object('max_poll_interval_ms', greatest(k.max_poll_interval_ms,
               least(k.max_poll_interval_max_ms, ceil(2 * k.poll_takes_ms / 1000) * 1000))::integer),
           format('the %s messages of a poll may take %s ms, over %s %% of the poll interval of %s ms', k.max_poll_records,
                  round(k.poll_takes_ms), round(100 * k.processing_share), k.max_poll_interval_ms)
      FROM known k
     WHERE k.poll_takes_ms > k.processing_share * k.max_poll_interval_ms
    UNION ALL
    -- Hardly behind, with large polls: fewer records.
    SELECT k.service_name, 'fewer_records', 'Lower', 'low',
           jsonb_build_object('max_poll_records', greatest(k.large_poll_records, k.max_poll_records / 2)),
           format('lag stays under %s messages, and a poll may take %s', k.lag_low, k.max_poll_records)
      FROM known k
     WHERE greatest(k.avg_lag, k.current_lag) < k.lag_low AND k.max_poll_records > k.large_poll_records
    UNION ALL
    -- Memory rises: smaller fetches, down to 256 KiB of a partition and 1 MiB in all.
    SELECT k.service_name, 'smaller_fetches', 'Lower', 'medium',
           jsonb_build_object(
               'fetch_max_bytes', least(k.fetch_max_bytes, greatest(1048576, k.fetch_max_bytes / 2)),
               'max_partition_fetch_bytes',
               least(k.max_partition_fetch_bytes, greatest(262144, k.max_partition_fetch_bytes / 2))),
           format('memory rose from %s MB to %s MB, by more than %s %%', round(k.memory_before_mb), round(k.memory_now_mb),
                  round(100 * k.memory_rise_share))
      FROM known k
     WHERE k.samples >= k.memory_samples AND k.memory_now_mb - k.memory_before_mb > k.memory_rise_mb
       AND k.memory_now_mb > k.memory_before_mb * (1 + k.memory_rise_share)
    UNION ALL
    -- The group is dealt out again and again: longer session and poll interval.
    SELECT k.service_name, 'fewer_rebalances', 'Raise', 'high',
           jsonb_build_object(
               'session_timeout_ms', greatest(k.session_timeout_ms,
                   least(k.session_timeout_max_ms, 2 * k.session_timeout_ms::bigint))::integer,
               'max_poll_interval_ms', greatest(k.max_poll_interval_ms,
                   least(k.max_poll_interval_max_ms, 2 * k.max_poll_interval_ms::bigint))::integer),
           format('%s rebalances since %s, more than %s', k.rebalances, to_char(k.since, 'HH24:MI'), k.rebalances_max)
      FROM known k
     WHERE k.rebalances > k.rebalances_max
)
SELECT r.service_name, r.rule, r.priority, changed.config AS recommended_config,
       r.verb || ' ' || changed.words AS recommendation, r.reason
  FROM rules r
  JOIN known k ON k.service_name = r.service_name,
       LATERAL (SELECT jsonb_object_agg(w.key, w.value) AS config,
                       string_agg(format('%s from %s to %s', w.key, to_jsonb(k)->>w.key, w.value), ' and ' ORDER BY w.key DESC)
                           AS words
                  FROM jsonb_each(r.wanted) w WHERE w.value <> to_jsonb(k)->w.key) changed
 WHERE changed.config IS NOT NULL;

CREATE OR REPLACE VIEW v_consumer_recommendations AS
SELECT service_name, priority, recommended_config, reason FROM v_consumer_advice;

-- For people: the advice in a sentence, and what no setting mends.
CREATE OR REPLACE VIEW v_consumer_alerts AS
WITH known AS (SELECT b.*, t.* FROM v_consumer_advice_basis b, consumer_advice_thresholds t),
     advice AS (SELECT * FROM v_consumer_advice)
SELECT a.service_name, a.recommendation, a.priority, a.rule AS alert, a.reason FROM advice a
UNION ALL
SELECT k.service_name,
       CASE WHEN k.current_lag <= k.lag_high THEN 'Watch it: the target is ' || k.lag_warning || ' messages at most'
            ELSE 'Add replicas, up to one per partition, or partitions: larger polls would not help' END,
       CASE WHEN k.current_lag > k.lag_critical THEN 'critical' WHEN k.current_lag > k.lag_high THEN 'high' ELSE 'medium' END,
       'lag', format('lag of %s messages', k.current_lag)
  FROM known k
 WHERE k.current_lag > k.lag_warning
   AND NOT EXISTS (SELECT FROM advice a WHERE a.service_name = k.service_name AND a.rule = 'more_records')
UNION ALL
SELECT k.service_name, 'Look at its log and its dead letters', 'high', 'errors',
       format('%s of %s messages failed, over %s %%', k.errors, k.messages_processed + k.errors, 100 * k.error_share)
  FROM known k
 WHERE k.errors > k.error_share * (k.messages_processed + k.errors)
UNION ALL
SELECT k.service_name, 'See whether it still runs', 'high', 'silent',
       format('nothing reported since %s', to_char(k.last_seen, 'YYYY-MM-DD HH24:MI:SS TZ'))
  FROM known k
 WHERE k.last_seen < now() - k.silent_after;

CREATE OR REPLACE VIEW v_consumer_config_monitoring AS
SELECT c.service_name, c.consumer_group_id, c.service_type, c.max_poll_records, c.session_timeout_ms, c.max_poll_interval_ms,
       c.max_partition_fetch_bytes, c.partition_assignment_strategy, m.avg_messages_per_second, m.avg_processing_time_ms,
       m.avg_lag, m.current_lag, m.peak_memory_mb, m.rebalances, coalesce(a.advice, 0) AS recommendations,
       CASE WHEN m.service_name IS NULL THEN 'not reporting' WHEN a.advice > 0 THEN 'needs tuning' ELSE 'good' END AS effectiveness,
       m.last_seen, c.updated_at
  FROM pipeline_consumer_configs c
  LEFT JOIN v_consumer_performance_monitor m ON m.service_name = c.service_name
  LEFT JOIN (SELECT service_name, count(*) AS advice FROM v_consumer_advice GROUP BY 1) a ON a.service_name = c.service_name;

-- Writes the advice into the services' rows (a service without a row gets one) and tells what changed. Where two rules name
-- the same setting, the larger value holds.
CREATE OR REPLACE FUNCTION apply_consumer_recommendations(p_service text DEFAULT NULL, p_dry_run boolean DEFAULT false)
RETURNS TABLE (service_name text, setting text, before text, after text, reason text)
LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    advised record;
BEGIN
    FOR advised IN
        SELECT a.name, jsonb_object_agg(a.key, a.value) AS wanted, to_jsonb(c) AS old, jsonb_object_agg(a.key, a.why) AS reasons
          FROM (SELECT v.service_name AS name, s.key, max(s.value::bigint) AS value, string_agg(v.reason, '; ') AS why
                  FROM v_consumer_advice v, jsonb_each_text(v.recommended_config) s
                 WHERE p_service IS NULL OR v.service_name = p_service GROUP BY 1, 2) a,
               effective_consumer_config(a.name) c
         GROUP BY a.name, to_jsonb(c) ORDER BY a.name
    LOOP
        IF NOT p_dry_run THEN
            INSERT INTO pipeline_consumer_configs (service_name)
            SELECT advised.name WHERE advised.old->>'source' <> 'row' ON CONFLICT DO NOTHING;
            UPDATE pipeline_consumer_configs c
               SET max_poll_records = coalesce((advised.wanted->>'max_poll_records')::integer, c.max_poll_records),
                   session_timeout_ms = coalesce((advised.wanted->>'session_timeout_ms')::integer, c.session_timeout_ms),
                   max_poll_interval_ms = coalesce((advised.wanted->>'max_poll_interval_ms')::integer, c.max_poll_interval_ms),
                   fetch_max_bytes = coalesce((advised.wanted->>'fetch_max_bytes')::integer, c.fetch_max_bytes),
                   max_partition_fetch_bytes
                       = coalesce((advised.wanted->>'max_partition_fetch_bytes')::integer, c.max_partition_fetch_bytes)
             WHERE c.service_name = advised.name;
        END IF;
        RETURN QUERY SELECT advised.name::text, w.key, advised.old->>w.key, w.value, advised.reasons->>w.key
                       FROM jsonb_each_text(advised.wanted) w ORDER BY w.key;
    END LOOP;
END
$$;

COMMENT ON VIEW v_current_consumer_lag IS 'The last look at each partition, within look_back (migration 040)';
COMMENT ON VIEW v_consumer_lag_alerts IS 'Lag by service and topic, with a level: ok, warning, critical (migration 040)';
COMMENT ON VIEW v_consumer_performance_monitor IS 'Each service over look_back (migration 040)';
COMMENT ON VIEW v_consumer_performance_history IS 'What each service reported, with its lag at the time (migration 040)';
COMMENT ON VIEW v_consumer_advice_basis IS 'What advice is made of: each service since its settings were last changed (migration 040)';
COMMENT ON VIEW v_consumer_advice IS 'The rules that fire, with their names (migration 040)';
COMMENT ON VIEW v_consumer_recommendations IS 'Settings that would fit better, and why (migration 040)';
COMMENT ON VIEW v_consumer_alerts IS 'What somebody should look at, in words; priority low, medium, high, critical (migration 040)';
COMMENT ON VIEW v_consumer_config_monitoring IS 'Each row of settings and how the service does with it (migration 040)';
COMMENT ON TABLE consumer_advice_thresholds IS 'Where advice begins: one row. UPDATE it to be advised otherwise.';
