-- Values that are too large for a page, for the row with the key @key.
INSERT INTO s_keep SELECT
  @key, 0, t, t, decode(t, 'hex'), to_json(t), jsonb_build_object('a', t), xmlelement(name a, t), ARRAY[t],
  (SELECT array_agg(i) FROM generate_series(1, 3000) i),
  (SELECT array_agg(i / 7.0) FROM generate_series(1, 500) i),
  (SELECT string_agg('1234567890', '') FROM generate_series(1, 1000))::numeric,
  hstore('a', t), repeat('10110', 9000)::varbit, ARRAY[decode(t, 'hex')], ARRAY[jsonb_build_object('a', t)],
  (SELECT array_agg(now()::timestamp) FROM generate_series(1, 1000)),
  (SELECT array_agg(gen_random_uuid()) FROM generate_series(1, 500)),
  (SELECT array_agg(i / 7.0) FROM generate_series(1, 1000) i),
  (SELECT array_agg(i % 2 = 0) FROM generate_series(1, 5000) i),
  (SELECT array_agg(current_date) FROM generate_series(1, 1000)), t
  FROM (SELECT string_agg(md5(i::text), '') AS t FROM generate_series(1, 150) i) s;
INSERT INTO s_full SELECT id, v, tx, by, tl, h FROM s_keep WHERE id = @key;
