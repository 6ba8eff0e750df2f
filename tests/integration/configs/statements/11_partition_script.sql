-- expect: rows
SELECT generate_partition_update_script();
