-- A dead letter keeps its message's own timestamp, so that a replay can store it.
ALTER TABLE kafka_dead_letters ADD COLUMN IF NOT EXISTS message_timestamp timestamptz;

COMMENT ON COLUMN kafka_consumer_offsets.last_timestamp IS
    'Of the last record before next_offset; null where it is not known. It tells a topic that was made again.';

-- As before, but last_timestamp becomes null where it is not known: that of an older record would not be the one that stands
-- before next_offset, and a partition would be taken for one of a topic made again.
CREATE OR REPLACE FUNCTION kafka_advance_offsets(
    p_group text, p_topic text, p_partitions integer[], p_epochs bigint[],
    p_from bigint[], p_to bigint[], p_last_timestamps timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_partitions) LOOP
        UPDATE kafka_consumer_offsets o
           SET next_offset = p_to[i],
               last_timestamp = p_last_timestamps[i],
               updated_at = clock_timestamp()
         WHERE o.consumer_group = p_group AND o.topic = p_topic AND o.partition = p_partitions[i]
           AND o.epoch = p_epochs[i] AND o.next_offset = p_from[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the stored offset of topic % partition % is not % of epoch %, which this batch believes in',
                p_topic, p_partitions[i], p_from[i], p_epochs[i]
                USING ERRCODE = 'KO001';
        END IF;
    END LOOP;
END
$$;
