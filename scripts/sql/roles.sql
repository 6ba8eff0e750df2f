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
            -- Only looked at: is every migration applied?
            WHEN 'schema_migrations' THEN
                EXECUTE format('GRANT SELECT ON %s TO loom_service', t.name);
            -- The mapped tables. UPDATE is used by conflict_strategy update and replace; where all your topics have
            -- `ignore` or no key, leave it out.
            ELSE
                EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO loom_service', t.name);
        END CASE;
    END LOOP;
END
$$;

-- For columns of the types serial and bigserial.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO loom_service;
