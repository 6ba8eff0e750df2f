-- Two roles: one that owns the tables and runs `migrate` and `create-tables`, and one that the service runs as, which
-- can neither make, change nor drop a table. docs/security.md says what each privilege is for.
--   psql -v ON_ERROR_STOP=1 -f scripts/sql/roles.sql "$ADMIN_URL"
-- Run it as a superuser, or as a role that may create roles and owns the database: first to make the roles, and again
-- (it changes nothing that is there) after `migrate` and `create-tables`, for the tables that are new since then.
-- Give the passwords by hand:  \password loom_owner  and  \password loom_service
-- Tables in another schema than public: put its name in place of it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loom_owner') THEN
        CREATE ROLE loom_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loom_service') THEN
        CREATE ROLE loom_service LOGIN;
    END IF;
    -- TEMPORARY: batches with key conflicts go through a temporary table.
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO loom_service', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO loom_owner', current_database());
END
$$;

-- Before version 15, everybody could create tables here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO loom_owner;
GRANT USAGE ON SCHEMA public TO loom_service;

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.oid::regclass AS name, c.relname FROM pg_class c
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                -- Their days' pieces are written through them.
                AND coalesce(pg_partition_root(c.oid)::oid, c.oid) NOT IN (
                    SELECT m.oid FROM pg_class m WHERE m.oid <> c.oid AND m.relnamespace = 'public'::regnamespace
                       AND m.relname IN ('consumer_processing_metrics', 'consumer_lag_history'))
    LOOP
        CASE t.relname
            -- The positions: read, made for new partitions, advanced.
            WHEN 'kafka_consumer_offsets' THEN
                EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO loom_service', t.name);
            -- Which replica reports the lag: taken, renewed and released by the service.
            WHEN 'kafka_lag_reporters' THEN
                EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO loom_service', t.name);
            -- Written by the service. Replaying and purging them deletes, which is the owner's.
            WHEN 'kafka_dead_letters' THEN
                EXECUTE format('GRANT SELECT, INSERT ON %s TO loom_service', t.name);
            -- What a replay, which is the owner's, made rows of. That they do not come back is a trigger's doing, with its
            -- owner's rights.
            WHEN 'kafka_repaired_dead_letters' THEN
                EXECUTE format('GRANT SELECT ON %s TO loom_service', t.name);
            -- Only looked at: is every migration applied?
            WHEN 'schema_migrations' THEN
                EXECUTE format('GRANT SELECT ON %s TO loom_service', t.name);
            -- How services consume, and where advice begins: read. Changing them, `configs populate` and
            -- `configs recommend --apply` are the owner's.
            WHEN 'pipeline_consumer_configs', 'consumer_config_profiles', 'consumer_advice_thresholds',
                 'topic_partition_recommendations' THEN
                EXECUTE format('GRANT SELECT ON %s TO loom_service', t.name);
            -- What the service reports of itself.
            WHEN 'consumer_processing_metrics', 'consumer_lag_history' THEN
                EXECUTE format('GRANT INSERT ON %s TO loom_service', t.name);
            -- The mapped tables. UPDATE is used by conflict_strategy update and replace; where all your topics have
            -- `ignore` or no key, leave it out.
            ELSE
                EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO loom_service', t.name);
        END CASE;
    END LOOP;
END
$$;

-- Lag, alerts and advice are seen through views. The metrics' tables are kept in order, and dead letters that are rows now are
-- taken away, by functions that have their owner's rights for that.
DO $$
DECLARE
    v text;
BEGIN
    FOREACH v IN ARRAY ARRAY['v_current_consumer_lag', 'v_consumer_lag_alerts', 'v_consumer_performance_monitor',
        'v_consumer_performance_history', 'v_consumer_advice_basis', 'v_consumer_advice', 'v_consumer_recommendations',
        'v_consumer_alerts', 'v_consumer_config_monitoring'] LOOP
        CONTINUE WHEN to_regclass('public.' || v) IS NULL;
        EXECUTE format('GRANT SELECT ON public.%I TO loom_service', v);
    END LOOP;
    IF to_regprocedure('public.kafka_forget_dead_letters(text, bigint[])') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION public.kafka_forget_dead_letters(text, bigint[]) TO loom_service;
    END IF;
    IF to_regprocedure('public.maintain_consumer_metrics(interval)') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION public.maintain_consumer_metrics(interval) TO loom_service;
    END IF;
END
$$;

-- For columns of the types serial and bigserial.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO loom_service;

-- Tables of topics that delete (`changes: debezium`, `tombstones: delete`), and their child tables:
--   psql -c "SET loom.change_tables = 'customers, orders'" -f scripts/sql/roles.sql
DO $$
DECLARE
    copy text;
BEGIN
    FOREACH copy IN ARRAY regexp_split_to_array(coalesce(current_setting('loom.change_tables', true), ''), ',')
    LOOP
        CONTINUE WHEN btrim(copy) = '';
        EXECUTE format('GRANT DELETE, TRUNCATE ON %s TO loom_service', btrim(copy)::regclass);
    END LOOP;
END
$$;

-- Child tables whose rows go when a list becomes shorter (topics with `update` or `replace`), separated by commas:
--   psql -c "SET loom.child_tables = 'order_items, order_notes'" -f scripts/sql/roles.sql
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY regexp_split_to_array(coalesce(current_setting('loom.child_tables', true), ''), ',')
    LOOP
        CONTINUE WHEN btrim(child) = '';
        EXECUTE format('GRANT DELETE ON %s TO loom_service', btrim(child)::regclass);
    END LOOP;
END
$$;
