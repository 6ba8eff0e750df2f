#include "status/cause_words.h"

namespace loom::status {

CauseWords words_of(batch::Cause cause) {
  using batch::Cause;
  switch (cause) {
    case Cause::none:
      return {"OK", "Nothing."};
    case Cause::away:
      return {"DATABASE AWAY", "Bring PostgreSQL back; nothing needs to be restarted here."};
    case Cause::login_refused:
      return {"LOGIN REFUSED",
              "Compare user, password and database of LOOM_DATABASE_URL with the server's roles and pg_hba.conf. "
              "Another password than the one that this replica was started with needs a restart with it."};
    case Cause::too_many_connections:
      return {"TOO MANY CONNECTIONS",
              "End idle sessions, raise max_connections or the limit of the role, the database or the pooler, or lower "
              "LOOM_DB_MAX_POOL_SIZE. More replicas would make it worse."};
    case Cause::read_only:
      return {"DATABASE READ-ONLY",
              "A failover under way ends by itself. Else LOOM_DATABASE_URL names a standby "
              "(target_session_attrs=read-write finds the primary), or default_transaction_read_only has to be reset."};
    case Cause::disk_full:
      return {"DISK FULL",
              "Make room on the database server's disk that the words name (tables, WAL or temporary files), or a "
              "larger one; it goes on by itself. Delete no files of PostgreSQL by hand."};
    case Cause::out_of_memory:
      return {
          "DATABASE OUT OF MEMORY",
          "Give the database server more memory, or lower what takes it (work_mem, sessions, other programs). When "
          "it repeats, batches become smaller by themselves. `out of shared memory` is the table of locks: rows for "
          "many partitions or chunks at once take some for each; raise `max_locks_per_transaction` (with a "
          "restart)."};
    case Cause::no_privilege:
      return {"PRIVILEGE MISSING", "GRANT what the words name to the service's role; it goes on by itself."};
    case Cause::schema:
      return {"TABLE DOES NOT FIT",
              "Create or alter the table as the words say (create-tables makes missing ones, create-tables --alter "
              "missing columns), or mend "
              "topic_mappings.yml; it goes on by itself."};
    case Cause::locked:
      return {"TABLE LOCKED",
              "Wait for the session that holds the lock, or end it: SELECT pg_terminate_backend(PID). The words name "
              "it where the service may see it."};
    case Cause::timeout:
      return {"DATABASE TOO SLOW",
              "See what its sessions wait for (pg_stat_activity): slow disks, missing CPU, a trigger, a standby that "
              "does not confirm. More replicas would make it worse."};
    case Cause::conflict:
      return {"CONFLICTS",
              "Find the other program that writes the same rows (deadlocks stand in the server's log). Each batch is "
              "tried again."};
    case Cause::registry_away:
      return {"SCHEMA REGISTRY AWAY",
              "Bring the registry of LOOM_SCHEMA_REGISTRY_URL back; nothing needs to be restarted here. Topics whose "
              "schemas are known already go on."};
    case Cause::registry_refused:
      return {"SCHEMA REGISTRY REFUSES",
              "Compare LOOM_SCHEMA_REGISTRY_USER and _PASSWORD, or _TOKEN, or the client's certificate with what the "
              "registry lets in. Another secret than the one that this replica was started with needs a restart with "
              "it."};
    case Cause::other:
      return {"DATABASE REFUSES", "Mend what the words name; the server's log says more. It is tried again by itself."};
  }
  return {};
}

}  // namespace loom::status
