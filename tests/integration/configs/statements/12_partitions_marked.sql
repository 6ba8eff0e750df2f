-- expect: rows
SELECT mark_partition_changes_applied();
