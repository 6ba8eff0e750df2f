-- Each statement is a transaction of its own.
UPDATE s_keep SET v = 1 WHERE id = 1;
-- The key changes and the large values do not: what becomes of them?
UPDATE s_keep SET id = 3 WHERE id = 2;
UPDATE s_keep SET by = NULL, tx = NULL, il = NULL, h = NULL WHERE id = 1;
-- A user's value that is the placeholder itself.
UPDATE s_keep SET tx = '__debezium_unavailable_value' WHERE id = 1;
DELETE FROM s_keep WHERE id = 1;
UPDATE s_full SET v = 1 WHERE id = 1;
UPDATE s_full SET id = 3 WHERE id = 2;
DELETE FROM s_full WHERE id = 1;
UPDATE s_edges SET n2 = 7 WHERE id = 100;
DELETE FROM s_edges WHERE id = 100;
INSERT INTO s_edges (id) VALUES (100);
UPDATE s_edges SET id = id WHERE id = 101;
UPDATE s_default SET a = NULL WHERE id = 201;
UPDATE s_keyless SET b = 'y' WHERE a = 200;
DELETE FROM s_keyless WHERE a = 200;
TRUNCATE s_keyless, s_default;
ALTER TABLE s_generated RENAME COLUMN a TO renamed;
UPDATE s_generated SET renamed = 5;
ALTER TABLE s_default ALTER COLUMN nn TYPE bigint;
INSERT INTO s_default (id, nn) VALUES (1, 9007199254740993);
ALTER TABLE s_default DROP COLUMN a;
INSERT INTO s_default (id) VALUES (2);
INSERT INTO s_huge VALUES (1, repeat('9', 3000)::numeric), (2, 1e-300);
SELECT pg_logical_emit_message(true, 'a prefix', 'a message');
