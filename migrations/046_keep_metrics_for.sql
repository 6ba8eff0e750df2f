-- How long the services' metrics are kept is a row's affair, and no call of maintain_consumer_metrics() has more to do than it
-- has time for: what is left is done by the next one. Before, a large backlog (a table that was there for years, days that
-- nobody sorted in) was cancelled by the caller's statement timeout each time, and grew.

ALTER TABLE consumer_advice_thresholds ADD COLUMN IF NOT EXISTS keep_metrics interval NOT NULL DEFAULT '30 days';
COMMENT ON COLUMN consumer_advice_thresholds.keep_metrics IS 'consumer_processing_metrics and consumer_lag_history; a day at least';

-- Ten thousand rows at a time, until p_until.
CREATE OR REPLACE FUNCTION delete_old_consumer_metrics(p_table text, p_oldest timestamptz, p_until timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    deleted bigint := 0;
    gone bigint;
BEGIN
    LOOP
        -- Twice the condition: in a table with children a place is not unique.
        EXECUTE format('DELETE FROM %1$I WHERE timestamp < $1
                        AND ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE timestamp < $1 LIMIT 10000))', p_table)
            USING p_oldest;
        GET DIAGNOSTICS gone = ROW_COUNT;
        deleted := deleted + gone;
        EXIT WHEN gone = 0 OR clock_timestamp() >= p_until;
    END LOOP;
    RETURN deleted;
END
$$;

-- Of a hypertable: its oldest chunks, a hundred at most. NULL where it is none. The extension may be in any schema.
CREATE OR REPLACE FUNCTION drop_old_consumer_metrics_chunks(p_table text, p_oldest timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    extension name;
    until timestamptz;
    is_hypertable boolean;
    dropped integer;
BEGIN
    SELECT n.nspname INTO extension FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'timescaledb';
    IF extension IS NULL THEN RETURN NULL; END IF;
    EXECUTE 'SELECT EXISTS (SELECT FROM timescaledb_information.hypertables h
                             WHERE format(''%I.%I'', h.hypertable_schema, h.hypertable_name)::regclass = $1::regclass)'
       INTO is_hypertable USING p_table;
    IF NOT is_hypertable THEN RETURN NULL; END IF;
    EXECUTE 'SELECT max(range_end) FROM (
                 SELECT c.range_end FROM timescaledb_information.chunks c
                  WHERE format(''%I.%I'', c.hypertable_schema, c.hypertable_name)::regclass = $1::regclass
                    AND c.range_end <= $2 ORDER BY c.range_end LIMIT 100) oldest'
       INTO until USING p_table, p_oldest;
    IF until IS NULL THEN RETURN 0; END IF;
    EXECUTE format('SELECT count(*) FROM %I.drop_chunks(%L::regclass, older_than => $1)', extension, p_table)
       INTO dropped USING until;
    RETURN dropped;
END
$$;

-- Whether the default piece has more rows of that day than are moved in one go. They stay there until they are too old: a day
-- with rows in the default piece cannot have a piece of its own.
CREATE OR REPLACE FUNCTION too_many_consumer_metrics(p_table text, p_day date) RETURNS boolean
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    rows bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I WHERE timestamp >= $1 AND timestamp < $2 LIMIT 200001) r',
                   p_table || '_default')
       INTO rows USING p_day::timestamptz, (p_day + 1)::timestamptz;
    RETURN rows > 200000;
END
$$;

CREATE OR REPLACE FUNCTION maintain_consumer_metrics(p_keep interval DEFAULT NULL)
RETURNS TABLE (table_name text, made integer, dropped integer, deleted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '400ms' SET client_min_messages = 'warning' SET jit = off AS $$
DECLARE
    keep CONSTANT interval := coalesce(p_keep, (SELECT t.keep_metrics FROM consumer_advice_thresholds t), interval '30 days');
    oldest CONSTANT timestamptz := now() - greatest(keep, interval '1 day');
    until CONSTANT timestamptz := clock_timestamp() + interval '2 seconds';
    today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    tables CONSTANT text[] := ARRAY['consumer_processing_metrics', 'consumer_lag_history'];
    due text[] := '{}';
    is_due boolean;
    day date;
    piece regclass;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1819242349, 2) THEN RETURN; END IF;
    FOREACH table_name IN ARRAY tables LOOP
        CONTINUE WHEN (SELECT c.relkind <> 'p' FROM pg_class c WHERE c.oid = table_name::regclass);
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I DEFAULT', table_name || '_default', table_name);
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE timestamp < $1)', table_name || '_default') INTO is_due USING oldest;
        IF is_due OR EXISTS (SELECT FROM missing_consumer_metrics_days(table_name) d
                              WHERE NOT too_many_consumer_metrics(table_name, d))
           OR EXISTS (SELECT FROM old_consumer_metrics_pieces(table_name, oldest)) THEN
            due := due || table_name;
        END IF;
    END LOOP;
    -- All before anything is changed.
    FOREACH table_name IN ARRAY due LOOP
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY tables LOOP
        made := 0;
        dropped := 0;
        deleted := 0;
        IF table_name = ANY (due) THEN
            FOR piece IN SELECT * FROM old_consumer_metrics_pieces(table_name, oldest) LOOP
                EXECUTE format('DROP TABLE %s', piece);
                dropped := dropped + 1;
            END LOOP;
            deleted := delete_old_consumer_metrics(table_name || '_default', oldest, until);
            -- First the days to come, and of the others those that are kept the longest.
            FOR day IN SELECT d FROM missing_consumer_metrics_days(table_name) d
                        WHERE d >= (oldest AT TIME ZONE 'UTC')::date ORDER BY d < today, abs(d - today) LOOP
                CONTINUE WHEN day < today AND clock_timestamp() >= until;
                CONTINUE WHEN too_many_consumer_metrics(table_name, day);
                PERFORM make_consumer_metrics_day(table_name, day);
                made := made + 1;
            END LOOP;
        ELSIF (SELECT c.relkind <> 'p' FROM pg_class c WHERE c.oid = table_name::regclass) THEN
            dropped := drop_old_consumer_metrics_chunks(table_name, oldest);
            IF dropped IS NULL THEN
                dropped := 0;
                deleted := delete_old_consumer_metrics(table_name, oldest, until);
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
DROP FUNCTION IF EXISTS keep_consumer_metrics_in_one(text, timestamptz);

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION maintain_consumer_metrics(interval) SET search_path = %I, pg_temp', current_schema());
END
$$;
-- Whoever may call it may do so on: its privileges are as they were.
REVOKE ALL ON FUNCTION delete_old_consumer_metrics(text, timestamptz, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_old_consumer_metrics_chunks(text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION too_many_consumer_metrics(text, date) FROM PUBLIC;
