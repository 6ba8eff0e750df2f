-- What a random workload does not have: types that Debezium does not know, or not whole, and tables that are not as others.

-- The ends of what each type can hold; geometry, full text, identifiers.
CREATE TABLE s_edges (
  id int PRIMARY KEY, n numeric, n2 numeric(10,2), d date, ts timestamp, tstz timestamptz, t time, iv interval,
  iv_m interval, f8 float8, by bytea, h hstore, m money, vb varbit);
CREATE TABLE s_odd (
  id int PRIMARY KEY, pt point, pg polygon, ln lseg, c circle, tsv tsvector, o oid, l "char", nm name, mr int4multirange,
  mac8 macaddr8);
CREATE TABLE s_lists (
  id int PRIMARY KEY, bits bit(3)[], dates date[], stamps timestamp[], tstzs timestamptz[], bys bytea[], jbs jsonb[],
  grid int[][], bools boolean[], floats float8[], moneys money[], hs hstore[], times time[], ivs interval[],
  ranges int4range[], moods mood[], varbits varbit[]);

-- Large values that an update leaves alone, of every type that can be put aside; and with the whole row as it was.
CREATE TABLE s_keep (
  id int PRIMARY KEY, v int, tx text, vc varchar, by bytea, j json, jb jsonb, x xml, tl text[], il int[], nl numeric[],
  n numeric, h hstore, vb varbit, bl bytea[], jl jsonb[], tsl timestamp[], ul uuid[], fl float8[], bool_list boolean[],
  dl date[], ch char(9000));
CREATE TABLE s_full (id int PRIMARY KEY, v int, tx text, by bytea, tl text[], h hstore);
ALTER TABLE s_full REPLICA IDENTITY FULL;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY string_to_array('tx vc by j jb x tl il nl n h vb bl jl tsl ul fl bool_list dl ch', ' ') LOOP
    EXECUTE format('ALTER TABLE s_keep ALTER COLUMN %I SET STORAGE EXTERNAL', name);
  END LOOP;
  FOREACH name IN ARRAY string_to_array('tx by tl h', ' ') LOOP
    EXECUTE format('ALTER TABLE s_full ALTER COLUMN %I SET STORAGE EXTERNAL', name);
  END LOOP;
END $$;

CREATE TABLE s_default (
  id int PRIMARY KEY, a text DEFAULT 'aa', n numeric(10,2) DEFAULT 1.5, ts timestamptz DEFAULT now(),
  nn int NOT NULL DEFAULT 5);
CREATE TABLE s_keyless (a int, b text);
ALTER TABLE s_keyless REPLICA IDENTITY FULL;
CREATE TABLE s_generated (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, "Odd Name.x" int);
CREATE TABLE s_huge (id int PRIMARY KEY, n numeric);
