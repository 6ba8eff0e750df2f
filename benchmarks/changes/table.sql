-- Autovacuum would fall into one run and not into the next.
CREATE TABLE readings (
    id bigint PRIMARY KEY,
    note text,
    value double precision,
    taken_at timestamp,
    price numeric(12, 2),
    active boolean
) WITH (autovacuum_enabled = false);
CREATE TABLE stream_expected (LIKE readings INCLUDING ALL);
CREATE TABLE snapshot_expected (LIKE readings INCLUDING ALL);
