-- Once for the snapshot and once for the stream, which do not always say the same of a value. @key is the first key.
INSERT INTO s_edges VALUES
  (@key + 0, 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '24:00', '1 day', '1 month', 'NaN', '', '', '-1.50', ''),
  (@key + 1, 1e40, -0.01, '0044-03-15 BC', '0044-03-15 03:00 BC', '0044-03-15 03:00+00 BC', '00:00', '-1 day',
   '1 year 2 mons 3 days 04:05:06.789', '-0', '\x00', 'a=>NULL', '92233720368547758.07', '1'),
  (@key + 2, 1e-20, 0, '1582-10-04', '1582-10-04 01:02:03.000001', '1582-10-04 01:02:03.000001+00', '03:04:05.1', '0', '-1 mon',
   'Infinity', '\xff', '"a\"b"=>"c\\d"', '0', '10101010101'),
  (@key + 3, 0, 1.10, '0001-01-01', '0001-01-01 00:00', '0001-01-01 00:00+00', '23:59:59.999999', '178000000 years', NULL, 5e-324,
   NULL, NULL, NULL, '0001'),
  (@key + 4, 123456789012345678901234567890.123456789, 99999999.99, '9999-12-31', '294276-12-31 23:59:59.999999',
   '9999-12-31 23:59:59.999999+00', NULL, '-178000000 years', NULL, 1e308, NULL, NULL, NULL, '1000'),
  (@key + 5, -1.500, NULL, '5874897-12-31', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999+00', NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, '0'),
  (@key + 6, NULL, NULL, '-infinity', '-infinity', '-infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s_odd VALUES
  (@key + 0, '(NaN,1)', '((0,0),(1,1),(2,0))', '[(0,0),(1,1)]', '<(0,0),2>', 'a:1 b', 4294967295, 'x', 'a name', '{[1,3),[5,7)}',
   '08:00:2b:01:02:03:04:05'),
  (@key + 1, '(1e300,-1e-300)', '((0,0))', '[(0,0),(0,0)]', '<(1,2),0>', '', 0, '', '', '{}', NULL);
INSERT INTO s_lists VALUES
  (@key + 0, '{101,NULL}', '{2026-01-02,infinity}', '{2026-01-02 03:04:05.123456}', '{2026-01-02 03:04:05.123456+02}',
   ARRAY[decode('00ff', 'hex'), NULL], '{"{\"a\": 1}"}', '{{1,2},{3,4}}', '{t,f,NULL}', '{1.5,NaN,NULL}', '{1.50}', '{a=>1}',
   '{03:04:05.123456}', '{1 day}', '{"[1,5)"}', '{sad,"it''s fine"}', '{1,1010}'),
  (@key + 1, '{}', '{}', '{}', '{infinity}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  (@key + 2, NULL, NULL, NULL, NULL, NULL, NULL, '[0:1]={1,2}', NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL);
INSERT INTO s_default VALUES (@key, NULL, NULL, NULL, 6), (@key + 1, DEFAULT, DEFAULT, DEFAULT, DEFAULT);
INSERT INTO s_keyless VALUES (@key, 'x'), (NULL, NULL);
INSERT INTO s_generated (a, "Odd Name.x") VALUES (@key, 2), (NULL, NULL);
