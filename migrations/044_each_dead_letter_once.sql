-- A message that is read again (after `offsets reset`, say) and fails again stays the dead letter that it was, and one that was
-- repaired does not come back. The same message: group, topic, partition, offset, timestamp, key and value. Another message at
-- the same offset, of a topic made again, is another dead letter.

-- No new ones until this is done: a writer that has some waits, or tries again.
LOCK TABLE kafka_dead_letters IN SHARE ROW EXCLUSIVE MODE;

-- What is known of those that a replay stored. They are small: what the row was made of is in the row. Only where it was
-- stored with another value than was sent, the message is kept as it was.
CREATE TABLE IF NOT EXISTS kafka_repaired_dead_letters (
    id                bigint PRIMARY KEY,
    consumer_group    text NOT NULL,
    topic             text NOT NULL,
    partition         integer NOT NULL,
    "offset"          bigint NOT NULL,
    message_timestamp timestamptz,
    fingerprint       bytea NOT NULL,
    reason            text NOT NULL,
    sqlstate          text,
    message           text NOT NULL,
    trace_id          text,
    created_at        timestamptz NOT NULL,
    repaired_at       timestamptz NOT NULL DEFAULT now(),
    key               bytea,
    value             bytea,
    headers           jsonb,
    corrected_value   bytea
);
COMMENT ON TABLE kafka_repaired_dead_letters IS
    'Dead letters that a replay made rows of, so that they do not come back when their messages are read again.';
COMMENT ON COLUMN kafka_repaired_dead_letters.fingerprint IS 'kafka_message_fingerprint() of the key and value that were sent.';
COMMENT ON COLUMN kafka_repaired_dead_letters.corrected_value IS
    'What was stored instead of value. Null: it was stored as it was sent, and key, value and headers are not kept.';

-- With reason and id, so that those that wait are counted in the index alone.
CREATE INDEX IF NOT EXISTS kafka_dead_letters_position
    ON kafka_dead_letters (consumer_group, topic, partition, "offset") INCLUDE (reason, id);
CREATE INDEX IF NOT EXISTS kafka_repaired_dead_letters_position
    ON kafka_repaired_dead_letters (consumer_group, topic, partition, "offset");

CREATE OR REPLACE FUNCTION kafka_message_fingerprint(p_key bytea, p_value bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(int4send(coalesce(octet_length(p_key), -1)) || int4send(coalesce(octet_length(p_value), -1))
                  || coalesce(p_key, '') || coalesce(p_value, ''))
$$;

-- Twins of the versions before: the newest stays.
DELETE FROM kafka_dead_letters old
 USING (SELECT consumer_group, topic, partition, "offset" FROM kafka_dead_letters GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) twice,
       kafka_dead_letters newer
 WHERE (old.consumer_group, old.topic, old.partition, old."offset")
       = (twice.consumer_group, twice.topic, twice.partition, twice."offset")
   AND (newer.consumer_group, newer.topic, newer.partition, newer."offset")
       = (twice.consumer_group, twice.topic, twice.partition, twice."offset")
   AND newer.id > old.id
   AND newer.message_timestamp IS NOT DISTINCT FROM old.message_timestamp
   AND newer.key IS NOT DISTINCT FROM old.key
   AND newer.value IS NOT DISTINCT FROM old.value;

-- For every writer, those of older versions too, which know nothing of this. Once for a whole COPY, since asking for each row
-- would double its time; the first question is nearly always the only one. Nobody else writes dead letters of these
-- partitions meanwhile: the writer holds the locks on their offsets.
-- With its owner's rights: the service itself need not change or delete dead letters.
CREATE OR REPLACE FUNCTION kafka_keep_dead_letters_once()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM (SELECT f.consumer_group, f.topic, f.partition, min(f."offset") AS lowest, max(f."offset") AS highest,
                            count(*) AS fresh
                       FROM fresh f GROUP BY 1, 2, 3) n
         WHERE n.fresh <> (SELECT count(*) FROM kafka_dead_letters d
                            WHERE d.consumer_group = n.consumer_group AND d.topic = n.topic AND d.partition = n.partition
                              AND d."offset" BETWEEN n.lowest AND n.highest)
            OR EXISTS (SELECT FROM kafka_repaired_dead_letters r
                        WHERE r.consumer_group = n.consumer_group AND r.topic = n.topic AND r.partition = n.partition
                          AND r."offset" BETWEEN n.lowest AND n.highest)) THEN
        RETURN NULL;
    END IF;

    -- It waits already: that one gets what the new one says. One in the hands of a replay is waited for.
    WITH twins AS (
        SELECT d.id AS old_id, f.id AS new_id, f.reason, f.sqlstate, f.message, f.created_at
          FROM fresh f
          JOIN kafka_dead_letters d ON d.consumer_group = f.consumer_group AND d.topic = f.topic
               AND d.partition = f.partition AND d."offset" = f."offset"
         WHERE d.id <> f.id AND d.message_timestamp IS NOT DISTINCT FROM f.message_timestamp
           AND d.key IS NOT DISTINCT FROM f.key AND d.value IS NOT DISTINCT FROM f.value),
    kept AS (
        UPDATE kafka_dead_letters d
           SET reason = t.reason, sqlstate = t.sqlstate, message = t.message, created_at = t.created_at
          FROM twins t WHERE d.id = t.old_id
        RETURNING t.new_id)
    DELETE FROM kafka_dead_letters d USING kept k WHERE d.id = k.new_id;

    -- Or it was repaired, just now perhaps.
    DELETE FROM kafka_dead_letters d
     USING fresh f
      JOIN kafka_repaired_dead_letters r ON r.consumer_group = f.consumer_group AND r.topic = f.topic
           AND r.partition = f.partition AND r."offset" = f."offset"
     WHERE d.id = f.id AND r.message_timestamp IS NOT DISTINCT FROM f.message_timestamp
       AND r.fingerprint = kafka_message_fingerprint(f.key, f.value);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION kafka_keep_dead_letters_once() FROM PUBLIC;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION kafka_keep_dead_letters_once() SET search_path = %I, pg_temp', current_schema());
    DROP TRIGGER IF EXISTS kafka_dead_letters_once ON kafka_dead_letters;
    CREATE TRIGGER kafka_dead_letters_once AFTER INSERT ON kafka_dead_letters
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION kafka_keep_dead_letters_once();
EXCEPTION WHEN feature_not_supported OR wrong_object_type THEN
    RAISE WARNING 'kafka_dead_letters may have a message twice when it is read again: %', SQLERRM;
END
$$;
