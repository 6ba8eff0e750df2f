-- A message that is read again and becomes a row this time is a dead letter no more: the service takes it away in the
-- transaction that stores the row, with the rights of this function's owner. It names those alone whose bytes it has in hand.
CREATE OR REPLACE FUNCTION kafka_forget_dead_letters(p_group text, p_ids bigint[])
RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    DELETE FROM kafka_dead_letters WHERE consumer_group = p_group AND id = ANY (p_ids)
$$;
REVOKE ALL ON FUNCTION kafka_forget_dead_letters(text, bigint[]) FROM PUBLIC;

-- Whoever may write them; and who may look at them may look at those that were repaired. A role that is made later gets it from
-- roles.sql.
DO $$
DECLARE
    writer record;
    reader record;
BEGIN
    EXECUTE format('ALTER FUNCTION kafka_forget_dead_letters(text, bigint[]) SET search_path = %I, pg_temp', current_schema());
    FOR writer IN
        SELECT DISTINCT a.grantee, a.grantee::regrole AS name FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.oid = 'kafka_dead_letters'::regclass AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION kafka_forget_dead_letters(text, bigint[]) TO %s',
                       CASE WHEN writer.grantee = 0 THEN 'PUBLIC' ELSE writer.name::text END);
    END LOOP;
    FOR reader IN
        SELECT DISTINCT a.grantee, a.grantee::regrole AS name FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.oid = 'kafka_dead_letters'::regclass AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT SELECT ON kafka_repaired_dead_letters TO %s',
                       CASE WHEN reader.grantee = 0 THEN 'PUBLIC' ELSE reader.name::text END);
    END LOOP;
END
$$;
