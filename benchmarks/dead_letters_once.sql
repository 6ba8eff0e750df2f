-- What the trigger costs that keeps dead letters once (docs/decisions/0016-*.md): 200 of them in one statement, and 20,000,
-- beside 200,000 that wait, with the trigger and without it in turns, six times each. Prints the medians.
--   psql -f benchmarks/dead_letters_once.sql "$LOOM_DATABASE_URL"
-- The database needs the migrations; everything is rolled back. The role has to own kafka_dead_letters.
BEGIN;
INSERT INTO kafka_dead_letters (consumer_group, topic, partition, "offset", key, value, reason, message)
SELECT 'benchmark', 'waiting', g % 6, g, 'k', repeat('v', 300)::bytea, 'invalid_json', 'm' FROM generate_series(1, 200000) g;
ANALYZE kafka_dead_letters;
CREATE TEMP TABLE seen (letters int, is_on boolean, took double precision);
DO $$
DECLARE
    began timestamptz;
    letters int;
    is_on boolean;
BEGIN
    FOR run IN 1..6 LOOP
        FOREACH letters IN ARRAY ARRAY[200, 20000] LOOP
            FOREACH is_on IN ARRAY ARRAY[true, false] LOOP
                EXECUTE format('ALTER TABLE kafka_dead_letters %s TRIGGER kafka_dead_letters_once',
                               CASE WHEN is_on THEN 'ENABLE' ELSE 'DISABLE' END);
                began := clock_timestamp();
                INSERT INTO kafka_dead_letters (consumer_group, topic, partition, "offset", key, value, reason, message)
                SELECT 'benchmark', format('run %s %s %s', run, letters, is_on), g % 6, g, 'k', repeat('v', 300)::bytea,
                       'invalid_json', 'm'
                  FROM generate_series(1, letters) g;
                INSERT INTO seen VALUES (letters, is_on, extract(epoch FROM clock_timestamp() - began) * 1000);
            END LOOP;
        END LOOP;
    END LOOP;
END
$$;
SELECT letters AS "dead letters", CASE WHEN is_on THEN 'with the trigger' ELSE 'without' END AS "how",
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY took))::numeric, 1) AS "ms, median of six"
  FROM seen GROUP BY letters, is_on ORDER BY letters, is_on;
ROLLBACK;
