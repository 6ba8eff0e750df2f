-- What each position remembers of its log, so that a log that lost its end, or was made again, is not taken for the old one;
-- and what an operator has to decide before a partition goes on.
ALTER TABLE kafka_consumer_offsets ADD COLUMN IF NOT EXISTS record_marks bigint[];
ALTER TABLE kafka_consumer_offsets ADD COLUMN IF NOT EXISTS decision text;

COMMENT ON COLUMN kafka_consumer_offsets.record_marks IS
    'The epoch and next_offset that they were stored with and the epoch of their leader in Kafka (-1: not known), then records before it, each as offset, timestamp in ms and CRC-32 of key and value: the last one, then pairs where a batch ended and the next began. Null: nothing is remembered.';
COMMENT ON COLUMN kafka_consumer_offsets.decision IS
    'Why this partition is not read until `offsets reset` says where to go on. Null: it is read.';

-- As before (002), with the marks; an array of none at all leaves those that are there.
CREATE OR REPLACE FUNCTION kafka_advance_offsets(
    p_group text, p_topic text, p_partitions integer[], p_epochs bigint[],
    p_from bigint[], p_to bigint[], p_last_timestamps timestamptz[], p_record_marks text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_partitions) LOOP
        UPDATE kafka_consumer_offsets o
           SET next_offset = p_to[i],
               last_timestamp = p_last_timestamps[i],
               record_marks = CASE WHEN p_record_marks IS NULL THEN o.record_marks ELSE p_record_marks[i]::bigint[] END,
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

-- Replicas of older versions go on calling this one during an update.
CREATE OR REPLACE FUNCTION kafka_advance_offsets(
    p_group text, p_topic text, p_partitions integer[], p_epochs bigint[],
    p_from bigint[], p_to bigint[], p_last_timestamps timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM kafka_advance_offsets(p_group, p_topic, p_partitions, p_epochs, p_from, p_to, p_last_timestamps, NULL);
END
$$;
