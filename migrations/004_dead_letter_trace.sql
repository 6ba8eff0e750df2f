-- The trace that a dead letter's message belongs to, so that one who follows a trace finds what became of it.
ALTER TABLE kafka_dead_letters ADD COLUMN IF NOT EXISTS trace_id text;
CREATE INDEX IF NOT EXISTS kafka_dead_letters_trace_id ON kafka_dead_letters (trace_id) WHERE trace_id IS NOT NULL;

COMMENT ON COLUMN kafka_dead_letters.trace_id IS
    'Of the header traceparent or trace_id, or the message''s own top-level trace_id; null without any.';
