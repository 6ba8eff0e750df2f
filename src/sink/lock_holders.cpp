#include "sink/lock_holders.h"

#include <fmt/format.h>

#include <string_view>

namespace loom::sink {

// A row's lock is not listed: its locker has been in a transaction that writes into the table for longer than we
// waited. Children, since whoever locks a partition or a chunk stands in our way as well. Of other roles' sessions one
// without pg_read_all_stats sees no state and no time.
std::string lock_holder(const Job& job) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  std::string tables = literal("kafka_consumer_offsets");
  for (const auto& table : job.batch.plan->tables) tables += ", " + literal(table.name.quoted());
  const Result found = job.connection.execute(fmt::format(
      "WITH ours AS (SELECT to_regclass(name)::oid AS oid FROM unnest(ARRAY[{}]) name), "
      "touched AS (SELECT oid FROM ours UNION SELECT i.inhrelid FROM pg_inherits i JOIN ours ON i.inhparent = "
      "ours.oid) "
      "SELECT a.pid, a.application_name, coalesce(a.usename, ''), coalesce(a.state, ''), "
      "coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, -1), l.granted::int, l.mode, "
      "l.relation::regclass::text FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid, "
      "LATERAL (SELECT l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) s "
      "(strong) "
      "WHERE l.locktype = 'relation' AND l.relation IN (SELECT oid FROM touched) AND a.datname = current_database() "
      "AND l.pid <> pg_backend_pid() AND (strong OR l.mode IN ('RowShareLock', 'RowExclusiveLock') "
      "AND a.xact_start < clock_timestamp() - interval '{} milliseconds') "
      "ORDER BY strong DESC, l.granted DESC, a.xact_start LIMIT 1",
      tables, job.settings.lock_timeout.count()));
  if (found.kind() != Result::Kind::tuples || found.rows() == 0) return {};
  std::string doing(found.text(0, 3));
  if (found.integer(0, 4) >= 0) doing += fmt::format(" for {} s", found.integer(0, 4));
  return fmt::format("; pid {} (\"{}\", user \"{}\"{}{}) {} {} on {}", found.text(0, 0), found.text(0, 1),
                     found.text(0, 2), doing.empty() ? "" : ", ", doing,
                     found.integer(0, 5) == 1 ? "holds" : "stands in line for", found.text(0, 6), found.text(0, 7));
}

}  // namespace loom::sink
