-- What it costs to ask the database which keys are the same (docs/decisions/0015-the-database-tells-keys-apart.md), beside the
-- merge that follows: 5,000 CITEXT keys, half of them spelled in another way, into a table of 200,000 rows, 20 times.
--   psql -f benchmarks/key_question.sql "$LOOM_DATABASE_URL"
-- It makes what it needs in a schema of its own, which it drops.
CREATE SCHEMA loom_key_question;
SET search_path = loom_key_question, public;
CREATE EXTENSION citext SCHEMA loom_key_question;
CREATE TABLE big (k citext PRIMARY KEY, v int, w int);
INSERT INTO big SELECT 'Key-' || g, g, g FROM generate_series(1, 200000) g;
ANALYZE big;
DO $$
DECLARE
    began timestamptz;
    question interval := '0';
    merge interval := '0';
BEGIN
    FOR i IN 1..20 LOOP
        CREATE TEMP TABLE sent AS
            SELECT (CASE WHEN g % 2 = 0 THEN 'key-' ELSE 'Key-' END || (random() * 200000)::int)::citext AS k, g AS v, g AS w
              FROM generate_series(1, 5000) g;
        began := clock_timestamp();
        CREATE TEMP TABLE keys AS SELECT k, 0 AS place FROM big WITH NO DATA;
        INSERT INTO keys SELECT k, v FROM sent;
        PERFORM count(number) FROM (SELECT place, dense_rank() OVER (ORDER BY k) AS number FROM keys) numbered;
        DROP TABLE keys;
        question := question + (clock_timestamp() - began);
        CREATE TEMP TABLE one_each AS SELECT DISTINCT ON (k) k, v, w FROM sent ORDER BY k, v DESC;
        began := clock_timestamp();
        CREATE TEMP TABLE stage AS SELECT k, v, w FROM big WITH NO DATA;
        INSERT INTO stage SELECT k, v, w FROM one_each;
        INSERT INTO big AS target (k, v, w) SELECT k, v, w FROM stage ORDER BY k
            ON CONFLICT (k) DO UPDATE SET v = EXCLUDED.v, w = EXCLUDED.w;
        merge := merge + (clock_timestamp() - began);
        DROP TABLE stage, one_each, sent;
    END LOOP;
    RAISE NOTICE 'question % ms, merge % ms', round(extract(epoch FROM question)::numeric * 50, 1),
        round(extract(epoch FROM merge)::numeric * 50, 1);
END
$$;
DROP SCHEMA loom_key_question CASCADE;
