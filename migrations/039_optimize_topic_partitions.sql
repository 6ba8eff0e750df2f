-- How many partitions busy topics should have, and the commands that give them so many.

CREATE TABLE IF NOT EXISTS topic_partition_recommendations (topic_name text PRIMARY KEY);
ALTER TABLE topic_partition_recommendations
    ADD COLUMN IF NOT EXISTS current_partitions integer,
    ADD COLUMN IF NOT EXISTS recommended_partitions integer,
    ADD COLUMN IF NOT EXISTS reason text,
    ADD COLUMN IF NOT EXISTS applied_at timestamptz;

COMMENT ON COLUMN topic_partition_recommendations.current_partitions IS 'As far as it is known; null: nobody has looked.';

-- A partition is the most that one member of a group can be given, so their number bounds how far a stage can scale.
INSERT INTO topic_partition_recommendations (topic_name, recommended_partitions, reason)
SELECT * FROM (VALUES
    ('device.sensor.accelerometer.raw', 10, 'The busiest topic: hundreds of samples a second and device'),
    ('device.audio.raw', 6, 'Large messages without a pause while somebody records'),
    ('device.sensor.accelerometer.windowed', 6, 'Follows the raw samples'),
    ('media.audio.vad_filtered', 6, 'Follows the raw audio, and transcribing is slow'),
    ('location.address.geocoded', 6, 'Room for several region detectors')
) AS wanted (topic, partitions, why)
WHERE NOT EXISTS (SELECT FROM topic_partition_recommendations r WHERE r.topic_name = wanted.topic);

-- Functions of these names that return something else are put aside, not replaced.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS signature, p.proname FROM pg_proc p
              WHERE p.pronamespace = current_schema()::regnamespace AND p.pronargs = 0
                AND ((p.proname = 'generate_partition_update_script' AND NOT (p.proretset AND p.prorettype = 'text'::regtype))
                     OR (p.proname = 'mark_partition_changes_applied' AND (p.proretset OR p.prorettype <> 'integer'::regtype)))
    LOOP
        EXECUTE format('ALTER FUNCTION %s RENAME TO %I', f.signature, f.proname || '_before_039');
    END LOOP;
END
$$;

-- A line for each topic that still lacks partitions: `psql -At` prints what a shell can run.
CREATE OR REPLACE FUNCTION generate_partition_update_script() RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT format('kafka-topics --alter --topic %s --partitions %s', r.topic_name, r.recommended_partitions)
      FROM topic_partition_recommendations r
     WHERE r.applied_at IS NULL AND r.recommended_partitions > coalesce(r.current_partitions, 0)
       AND r.topic_name ~ '^[a-zA-Z0-9._-]+$'  -- nothing that a shell would read as more than a name
     ORDER BY r.recommended_partitions DESC, r.topic_name
$$;

-- After the commands were run. Returns how many topics that were.
CREATE OR REPLACE FUNCTION mark_partition_changes_applied() RETURNS integer LANGUAGE sql AS $$
    WITH marked AS (
        UPDATE topic_partition_recommendations r SET applied_at = now(), current_partitions = r.recommended_partitions
         WHERE r.applied_at IS NULL AND r.recommended_partitions > coalesce(r.current_partitions, 0)
        RETURNING 1)
    SELECT count(*)::integer FROM marked
$$;
