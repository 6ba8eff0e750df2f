-- How the services' metrics are kept: in pieces of a day, for 30 days. With TimescaleDB it sees to that, else
-- maintain_consumer_metrics(), which the service calls. An older table in one piece stays so, and old rows are deleted.

CREATE INDEX IF NOT EXISTS consumer_processing_metrics_service_time ON consumer_processing_metrics (service_name, timestamp);
CREATE INDEX IF NOT EXISTS consumer_lag_history_service_time ON consumer_lag_history (service_name, timestamp);

-- Whatever of it this TimescaleDB does not offer (an edition without policies, an older table's primary key) is left out with a
-- warning: the tables work all the same.
DO $$
DECLARE
    t text;
    step text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN RETURN; END IF;
    FOREACH t IN ARRAY ARRAY['consumer_processing_metrics', 'consumer_lag_history'] LOOP
        -- An extension that came after the tables finds them partitioned already.
        CONTINUE WHEN (SELECT relkind = 'p' FROM pg_class WHERE oid = t::regclass);
        FOREACH step IN ARRAY ARRAY[
            'SELECT create_hypertable(%1$L, ''timestamp'', chunk_time_interval => INTERVAL ''1 day'', if_not_exists => true,
                                      migrate_data => true)',
            'SELECT add_retention_policy(%1$L, INTERVAL ''30 days'', if_not_exists => true)',
            'ALTER TABLE %1$I SET (timescaledb.compress, timescaledb.compress_segmentby = ''service_name'')',
            'SELECT add_compression_policy(%1$L, INTERVAL ''7 days'', if_not_exists => true)'] LOOP
            BEGIN
                EXECUTE format(step, t);
            EXCEPTION WHEN OTHERS THEN
                RAISE WARNING '%: left out of TimescaleDB''s doing: % (%)', t, split_part(format(step, t), '(', 1), SQLERRM;
            END;
        END LOOP;
    END LOOP;
END
$$;

-- The days that lack a piece: today, the next three, and those of rows that are in the default piece.
CREATE OR REPLACE FUNCTION missing_consumer_metrics_days(p_table text) RETURNS SETOF date
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT day FROM (SELECT d::date AS day FROM generate_series(current_date, current_date + 3, interval ''1 day'') d
                          UNION SELECT DISTINCT timestamp::date FROM %I WHERE timestamp < current_date + 4) days
          WHERE to_regclass(format(''%%I'', %L || to_char(day, ''YYYYMMDD''))) IS NULL ORDER BY day',
        p_table || '_default', p_table || '_');
END
$$;

-- The pieces whose last moment is before p_oldest.
CREATE OR REPLACE FUNCTION old_consumer_metrics_pieces(p_table text, p_oldest timestamptz) RETURNS SETOF regclass
LANGUAGE sql SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
    SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = p_table::regclass
       AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz <= p_oldest
$$;

-- One day's piece, with the rows of that day that are in the default piece.
CREATE OR REPLACE FUNCTION make_consumer_metrics_day(p_table text, p_day date) RETURNS void
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    piece CONSTANT text := format('%s_%s', p_table, to_char(p_day, 'YYYYMMDD'));
BEGIN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', p_table);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', piece, p_table);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE timestamp >= $1 AND timestamp < $2 RETURNING *)
                    INSERT INTO %I SELECT * FROM moved', p_table || '_default', piece)
        USING p_day::timestamptz, (p_day + 1)::timestamptz;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', p_table, piece,
                   p_day::timestamptz, (p_day + 1)::timestamptz);
END
$$;

-- The same for one table in a single piece, as a hypertable or as any other.
CREATE OR REPLACE FUNCTION keep_consumer_metrics_in_one(p_table text, p_oldest timestamptz, OUT dropped integer, OUT deleted bigint)
LANGUAGE plpgsql AS $$
BEGIN
    dropped := 0;
    deleted := 0;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        BEGIN
            EXECUTE format('SELECT count(*) FROM drop_chunks(%L::regclass, $1)', p_table) INTO dropped USING p_oldest;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            dropped := 0;  -- not a hypertable: as any other table
        END;
    END IF;
    EXECUTE format('DELETE FROM %I WHERE timestamp < $1', p_table) USING p_oldest;
    GET DIAGNOSTICS deleted = ROW_COUNT;
END
$$;

-- Makes the pieces of today and the next three days and drops what is older than p_keep (but never the last day).
-- Rows that came for a day without a piece are in the default piece until the next call sorts them in.
-- Runs with its owner's rights, so that the service needs none to make or drop tables. Of several callers at once one does it;
-- the others return no rows. Where there is work, which is once a day, it locks the tables for that moment. It waits for these
-- locks less long than a deadlock takes to be noticed, so that none of the others is ended for its sake: 55P03 means that it was
-- busy, and the next call will do.
CREATE OR REPLACE FUNCTION maintain_consumer_metrics(p_keep interval DEFAULT '30 days')
RETURNS TABLE (table_name text, made integer, dropped integer, deleted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '400ms' SET client_min_messages = 'warning' SET jit = off AS $$
DECLARE
    oldest CONSTANT timestamptz := now() - greatest(p_keep, interval '1 day');
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
        IF is_due OR EXISTS (SELECT FROM missing_consumer_metrics_days(table_name))
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
            EXECUTE format('DELETE FROM %I WHERE timestamp < $1', table_name || '_default') USING oldest;
            GET DIAGNOSTICS deleted = ROW_COUNT;
            FOR day IN SELECT * FROM missing_consumer_metrics_days(table_name) LOOP
                PERFORM make_consumer_metrics_day(table_name, day);
                made := made + 1;
            END LOOP;
            FOR piece IN SELECT * FROM old_consumer_metrics_pieces(table_name, oldest) LOOP
                EXECUTE format('DROP TABLE %s', piece);
                dropped := dropped + 1;
            END LOOP;
        ELSIF (SELECT c.relkind <> 'p' FROM pg_class c WHERE c.oid = table_name::regclass) THEN
            SELECT k.dropped, k.deleted INTO dropped, deleted FROM keep_consumer_metrics_in_one(table_name, oldest) k;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Its names are looked up where this migration runs, whoever calls it, and by nobody who was not told that he may.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION maintain_consumer_metrics(interval) SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION maintain_consumer_metrics(interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION make_consumer_metrics_day(text, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION keep_consumer_metrics_in_one(text, timestamptz) FROM PUBLIC;

SELECT maintain_consumer_metrics();
