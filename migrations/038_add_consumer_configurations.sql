-- How each service of the pipeline consumes: its own row, else the profile of its name, else the defaults. All clients, in
-- whatever language, ask effective_consumer_config(); nothing of it is written down anywhere else.
-- Applies over older tables of these names as well: columns are added, rows and columns stay.

CREATE TABLE IF NOT EXISTS pipeline_consumer_configs (service_name text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS consumer_config_profiles (
    profile      text PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('type', 'service')),
    service_type text NOT NULL,
    topics       text[] NOT NULL DEFAULT '{}',
    description  text
);

ALTER TABLE pipeline_consumer_configs
    ADD COLUMN IF NOT EXISTS consumer_group_id text,
    ADD COLUMN IF NOT EXISTS service_type text,
    ADD COLUMN IF NOT EXISTS description text,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['pipeline_consumer_configs', 'consumer_config_profiles'] LOOP
        EXECUTE format('ALTER TABLE %I
            ADD COLUMN IF NOT EXISTS max_poll_records integer,
            ADD COLUMN IF NOT EXISTS session_timeout_ms integer,
            ADD COLUMN IF NOT EXISTS heartbeat_interval_ms integer,
            ADD COLUMN IF NOT EXISTS max_poll_interval_ms integer,
            ADD COLUMN IF NOT EXISTS request_timeout_ms integer,
            ADD COLUMN IF NOT EXISTS retry_backoff_ms integer,
            ADD COLUMN IF NOT EXISTS fetch_min_bytes integer,
            ADD COLUMN IF NOT EXISTS fetch_max_wait_ms integer,
            ADD COLUMN IF NOT EXISTS fetch_max_bytes integer,
            ADD COLUMN IF NOT EXISTS max_partition_fetch_bytes integer,
            ADD COLUMN IF NOT EXISTS auto_offset_reset text,
            ADD COLUMN IF NOT EXISTS enable_auto_commit boolean,
            ADD COLUMN IF NOT EXISTS auto_commit_interval_ms integer,
            ADD COLUMN IF NOT EXISTS partition_assignment_strategy text', t);
    END LOOP;
END
$$;

-- The settings of a service that nobody has said anything about.
CREATE OR REPLACE FUNCTION default_consumer_settings() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'max_poll_records', 100,
        'session_timeout_ms', 30000,
        'heartbeat_interval_ms', 10000,
        'max_poll_interval_ms', 300000,
        'request_timeout_ms', 305000,
        'retry_backoff_ms', 100,
        'fetch_min_bytes', 1,
        'fetch_max_wait_ms', 500,
        'fetch_max_bytes', 52428800,
        'max_partition_fetch_bytes', 1048576,
        'auto_offset_reset', 'earliest',
        'enable_auto_commit', true,
        'auto_commit_interval_ms', 5000,
        'partition_assignment_strategy', 'range')
$$;

-- Completes the settings that are given with those of p_base, each changed so far as it has to fit the given ones. What is
-- given stays as it is; where that cannot be right, the tables' checks say so.
CREATE OR REPLACE FUNCTION fit_consumer_settings(p_given jsonb, p_base jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    given jsonb := jsonb_strip_nulls(p_given);
    fitted jsonb := default_consumer_settings() || jsonb_strip_nulls(p_base) || given;
    most CONSTANT bigint := 2147483647;
    heartbeat bigint := given->>'heartbeat_interval_ms';
    poll bigint := given->>'max_poll_interval_ms';
    session bigint := fitted->>'session_timeout_ms';
    request bigint;
BEGIN
    IF NOT given ? 'session_timeout_ms' THEN
        IF session <= 2 * heartbeat THEN session := 3 * heartbeat; END IF;
        IF session >= poll THEN session := greatest(poll / 2, 2 * coalesce(heartbeat, 0) + 1); END IF;
    END IF;
    heartbeat := coalesce(heartbeat, greatest(1, least((fitted->>'heartbeat_interval_ms')::bigint, session / 3)));
    IF poll IS NULL THEN
        poll := fitted->>'max_poll_interval_ms';
        IF poll <= session THEN poll := 2 * session; END IF;
    END IF;
    -- A request to join a group may be answered as late as the slowest member's next poll.
    request := coalesce((given->>'request_timeout_ms')::bigint, greatest((fitted->>'request_timeout_ms')::bigint,
        poll + 5000, session + 5000, (fitted->>'fetch_max_wait_ms')::bigint + 5000));
    IF NOT given ? 'fetch_max_bytes' THEN
        fitted := fitted || jsonb_build_object('fetch_max_bytes',
            greatest((fitted->>'fetch_max_bytes')::bigint, (given->>'max_partition_fetch_bytes')::bigint));
    END IF;
    IF NOT given ? 'max_partition_fetch_bytes' THEN
        fitted := fitted || jsonb_build_object('max_partition_fetch_bytes',
            least((fitted->>'max_partition_fetch_bytes')::bigint, (given->>'fetch_max_bytes')::bigint));
    END IF;
    RETURN fitted || jsonb_build_object('session_timeout_ms', least(session, most), 'heartbeat_interval_ms', heartbeat,
        'max_poll_interval_ms', least(poll, most), 'request_timeout_ms', least(request, most));
END
$$;

-- The settings of a row that someone may have filled in by half.
CREATE OR REPLACE FUNCTION consumer_settings_of(p_row jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(key, p_row->key) FROM jsonb_object_keys(default_consumer_settings()) AS key
$$;

CREATE OR REPLACE FUNCTION complete_consumer_profile() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    base jsonb;
BEGIN
    IF NEW.kind = 'service' THEN
        SELECT consumer_settings_of(to_jsonb(p)) INTO base FROM consumer_config_profiles p
         WHERE p.kind = 'type' AND p.profile = NEW.service_type;
    END IF;
    RETURN jsonb_populate_record(NEW, fit_consumer_settings(consumer_settings_of(to_jsonb(NEW)), coalesce(base, '{}')));
END
$$;

-- A row's missing settings are its service's profile's, else its type's, else the defaults. An UPDATE to NULL asks for that, too.
CREATE OR REPLACE FUNCTION complete_consumer_config() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    base consumer_config_profiles;
BEGIN
    SELECT * INTO base FROM consumer_config_profiles p
     WHERE (p.kind = 'service' AND p.profile = NEW.service_name) OR (p.kind = 'type' AND p.profile = NEW.service_type)
     ORDER BY p.kind LIMIT 1;  -- 'service' comes first
    NEW.service_type := coalesce(NEW.service_type, base.service_type);
    NEW.consumer_group_id := coalesce(NEW.consumer_group_id, NEW.service_name);
    NEW.created_at := coalesce(NEW.created_at, now());
    NEW.updated_at := coalesce(NEW.updated_at, now());
    NEW := jsonb_populate_record(NEW, fit_consumer_settings(consumer_settings_of(to_jsonb(NEW)),
        CASE WHEN base.profile IS NULL THEN '{}' ELSE consumer_settings_of(to_jsonb(base)) END));
    IF TG_OP = 'UPDATE' AND NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS complete ON consumer_config_profiles;
DROP TRIGGER IF EXISTS complete ON pipeline_consumer_configs;
CREATE TRIGGER complete BEFORE INSERT OR UPDATE ON consumer_config_profiles
    FOR EACH ROW EXECUTE FUNCTION complete_consumer_profile();
CREATE TRIGGER complete BEFORE INSERT OR UPDATE ON pipeline_consumer_configs
    FOR EACH ROW EXECUTE FUNCTION complete_consumer_config();

-- By type of service. 50 MB fetches where messages are pictures or sound.
INSERT INTO consumer_config_profiles (profile, kind, service_type, max_poll_records, session_timeout_ms,
    max_poll_interval_ms, request_timeout_ms, fetch_max_wait_ms, max_partition_fetch_bytes, description) VALUES
    ('vision', 'type', 'vision', 1, 60000, 600000, NULL, 100, 52428800, 'Vision models: a picture at a time, up to 10 minutes'),
    ('speech', 'type', 'speech', 10, 60000, 300000, NULL, 500, 52428800, 'Speech models: some seconds of sound at a time'),
    ('llm', 'type', 'llm', 1, 120000, 1200000, NULL, 100, NULL, 'Language models: a text at a time, up to 20 minutes'),
    ('audio', 'type', 'audio', 500, 30000, 60000, 65000, 500, 52428800, 'Streams of sound, looked at quickly'),
    ('sensor', 'type', 'sensor', 500, 30000, 60000, 65000, 500, NULL, 'Sensor values: many, and quickly done'),
    ('network', 'type', 'network', 10, 60000, 300000, NULL, 1000, NULL, 'Waiting for somebody else''s service'),
    ('database', 'type', 'database', 1000, 30000, 60000, 65000, 500, NULL, 'Writers of tables')
ON CONFLICT (profile) DO NOTHING;

-- By name, where a service is not just one of its type. GPS positions stay with one member as long as they can (sticky).
INSERT INTO consumer_config_profiles (profile, kind, service_type, max_poll_records, retry_backoff_ms,
    partition_assignment_strategy, topics, description) VALUES
    ('silero-vad', 'service', 'audio', 500, NULL, NULL, '{device.audio.raw}', 'Voice activity detection'),
    ('minicpm-vision', 'service', 'vision', 1, NULL, NULL, '{device.image.camera.raw,device.image.screenshot.raw}', 'Vision'),
    ('kyutai-stt', 'service', 'speech', 10, NULL, NULL, '{media.audio.vad_filtered}', 'Speech to text'),
    ('georegion-detector', 'service', 'sensor', 100, NULL, 'sticky', '{location.address.geocoded}', 'Regions around positions'),
    ('activity-classifier', 'service', 'sensor', 500, NULL, NULL, '{device.sensor.accelerometer.windowed}', 'Kinds of motion'),
    ('step-counter', 'service', 'sensor', 1000, NULL, NULL, '{device.sensor.accelerometer.raw}', 'Steps'),
    ('face-emotion', 'service', 'vision', 1, NULL, NULL, '{media.image.analysis.minicpm_results}', 'Emotions in faces'),
    ('gemma3n-processor', 'service', 'llm', 1, NULL, NULL, '{media.text.transcribed.words}', 'Analysis of texts'),
    ('gps-geocoding-consumer', 'service', 'network', 5, 1000, 'sticky', '{device.sensor.gps.raw}', 'Positions to addresses'),
    ('scheduled-consumers', 'service', 'network', 10, NULL, NULL, '{}', 'E-mail and other outside data'),
    ('moondream-station', 'service', 'vision', 1, NULL, NULL, '{external.twitter.images.raw}', 'Text in pictures'),
    ('text-embedder', 'service', 'llm', 1, NULL, NULL, '{}', 'Embeddings of texts'),
    ('nomic-embed', 'service', 'llm', 1, NULL, NULL, '{}', 'Embeddings of texts'),
    ('onefilellm', 'service', 'network', 10, NULL, NULL, '{}', 'Documents from outside'),
    ('kafka-to-db-consumer', 'service', 'database', 1000, NULL, 'cooperative-sticky', '{}', 'Every mapped topic into its table')
ON CONFLICT (profile) DO NOTHING;

-- Rows of an older table get the settings that their columns lacked; then what must hold is written down. Where an older row
-- breaks a check, the check holds for new and changed rows only.
DO $$
DECLARE
    t text;
    setting text;
    rule record;
BEGIN
    UPDATE pipeline_consumer_configs SET service_name = service_name;
    FOREACH t IN ARRAY ARRAY['pipeline_consumer_configs', 'consumer_config_profiles'] LOOP
        FOR setting IN SELECT jsonb_object_keys(default_consumer_settings()) LOOP
            -- A default of an older table would hide from the trigger which columns were left out.
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %2$I SET NOT NULL', t, setting);
        END LOOP;
        FOR rule IN SELECT * FROM (VALUES
            ('records_1_to_5000', 'max_poll_records BETWEEN 1 AND 5000'),
            ('session_above_two_heartbeats', 'session_timeout_ms > 2 * heartbeat_interval_ms::bigint'),
            ('poll_interval_above_session', 'max_poll_interval_ms > session_timeout_ms'),
            ('not_negative', 'heartbeat_interval_ms > 0 AND request_timeout_ms > 0 AND retry_backoff_ms >= 0 AND
              fetch_min_bytes >= 0 AND fetch_max_wait_ms >= 0 AND fetch_max_bytes > 0 AND max_partition_fetch_bytes > 0
              AND auto_commit_interval_ms > 0'),
            ('known_offset_reset', 'auto_offset_reset IN (''earliest'', ''latest'', ''none'')'),
            ('known_strategy',
             'partition_assignment_strategy IN (''range'', ''roundrobin'', ''sticky'', ''cooperative-sticky'')')
        ) AS rules (name, condition) LOOP
            CONTINUE WHEN EXISTS (SELECT FROM pg_constraint WHERE conrelid = t::regclass AND conname = t || '_' || rule.name);
            EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (%s) NOT VALID', t, t || '_' || rule.name, rule.condition);
            BEGIN
                EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', t, t || '_' || rule.name);
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING '% has rows that break %: they stay, and the check holds for new and changed rows', t, rule.name;
            END;
        END LOOP;
    END LOOP;
    ALTER TABLE pipeline_consumer_configs ALTER COLUMN created_at SET DEFAULT now(), ALTER COLUMN updated_at SET DEFAULT now();
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = 'pipeline_consumer_configs'::regclass AND i.indisunique
                   AND pg_get_indexdef(i.indexrelid) LIKE '%(service_name)') THEN
        CREATE UNIQUE INDEX pipeline_consumer_configs_service_name ON pipeline_consumer_configs (service_name);
    END IF;
EXCEPTION WHEN unique_violation THEN
    RAISE WARNING 'pipeline_consumer_configs has several rows of one service: the one that was changed last is used';
END
$$;

-- The settings that hold for a service, and where they come from: always one row.
CREATE OR REPLACE FUNCTION effective_consumer_config(p_service text)
RETURNS TABLE (
    service_name text, consumer_group_id text, service_type text, max_poll_records integer, session_timeout_ms integer,
    heartbeat_interval_ms integer, max_poll_interval_ms integer, request_timeout_ms integer, retry_backoff_ms integer,
    fetch_min_bytes integer, fetch_max_wait_ms integer, fetch_max_bytes integer, max_partition_fetch_bytes integer,
    auto_offset_reset text, enable_auto_commit boolean, auto_commit_interval_ms integer,
    partition_assignment_strategy text, source text)
LANGUAGE sql STABLE ROWS 1 AS $$
    WITH found AS (
        SELECT 1 AS rank, 'row' AS source, c.consumer_group_id::text, c.service_type::text, to_jsonb(c) AS settings, c.updated_at
          FROM pipeline_consumer_configs c WHERE c.service_name = p_service
        UNION ALL
        SELECT 2, 'profile', p_service, p.service_type, to_jsonb(p), NULL
          FROM consumer_config_profiles p WHERE p.kind = 'service' AND p.profile = p_service
        UNION ALL
        SELECT 3, 'default', p_service, NULL, default_consumer_settings(), NULL)
    SELECT p_service, f.consumer_group_id, f.service_type, s.max_poll_records, s.session_timeout_ms,
           s.heartbeat_interval_ms, s.max_poll_interval_ms, s.request_timeout_ms, s.retry_backoff_ms, s.fetch_min_bytes,
           s.fetch_max_wait_ms, s.fetch_max_bytes, s.max_partition_fetch_bytes, s.auto_offset_reset,
           s.enable_auto_commit, s.auto_commit_interval_ms, s.partition_assignment_strategy, f.source
      FROM (SELECT * FROM found ORDER BY rank, updated_at DESC LIMIT 1) f,
           jsonb_populate_record(NULL::consumer_config_profiles, consumer_settings_of(f.settings)) s
$$;

-- Gives each named service that has no row one of its own, by its profile; with p_overwrite also those that have one (their
-- consumer group stays: another one would begin anew).
CREATE OR REPLACE FUNCTION populate_consumer_configs(p_overwrite boolean DEFAULT false)
RETURNS TABLE (service_name text, action text) LANGUAGE plpgsql AS $$
DECLARE
    p consumer_config_profiles;
    old pipeline_consumer_configs;
    new pipeline_consumer_configs;
BEGIN
    FOR p IN SELECT * FROM consumer_config_profiles WHERE kind = 'service' ORDER BY profile LOOP
        service_name := p.profile;
        SELECT * INTO old FROM pipeline_consumer_configs c WHERE c.service_name = p.profile FOR UPDATE;
        IF NOT FOUND THEN
            -- Two callers at once: the second finds the row of the first.
            INSERT INTO pipeline_consumer_configs (service_name, description) VALUES (p.profile, p.description)
            ON CONFLICT DO NOTHING;
            action := CASE WHEN FOUND THEN 'inserted' ELSE 'kept' END;
        ELSIF NOT p_overwrite THEN
            action := 'kept';
        ELSE
            new := jsonb_populate_record(old, consumer_settings_of(to_jsonb(p)) || jsonb_build_object('service_type', p.service_type));
            action := CASE WHEN new IS DISTINCT FROM old THEN 'overwritten' ELSE 'unchanged' END;
            IF action = 'overwritten' THEN
                UPDATE pipeline_consumer_configs c
                   SET (service_type, max_poll_records, session_timeout_ms, heartbeat_interval_ms, max_poll_interval_ms,
                        request_timeout_ms, retry_backoff_ms, fetch_min_bytes, fetch_max_wait_ms, fetch_max_bytes,
                        max_partition_fetch_bytes, auto_offset_reset, enable_auto_commit, auto_commit_interval_ms,
                        partition_assignment_strategy)
                     = (new.service_type, new.max_poll_records, new.session_timeout_ms, new.heartbeat_interval_ms,
                        new.max_poll_interval_ms, new.request_timeout_ms, new.retry_backoff_ms, new.fetch_min_bytes,
                        new.fetch_max_wait_ms, new.fetch_max_bytes, new.max_partition_fetch_bytes, new.auto_offset_reset,
                        new.enable_auto_commit, new.auto_commit_interval_ms, new.partition_assignment_strategy)
                 WHERE c.service_name = p.profile;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON TABLE pipeline_consumer_configs IS
    'How each service consumes. What an INSERT leaves out is filled in so that it fits what is given.';
COMMENT ON TABLE consumer_config_profiles IS
    'Settings by type of service and by name, for services without a row in pipeline_consumer_configs.';
