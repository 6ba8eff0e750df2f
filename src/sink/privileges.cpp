#include "sink/privileges.h"

#include <string_view>

#include "sink/row_places.h"

namespace loom::sink {
namespace {

using mapping::ConflictStrategy;

std::string needed(const mapping::TopicPlan& plan, std::size_t index) {
  const mapping::TablePlan& table = plan.tables[index];
  const bool updates = !table.key.empty() && table.conflict_strategy != ConflictStrategy::ignore;
  const bool removes = !table.removed_by.empty() && !table.deleted_at;
  const bool deletes = removes || surplus_of(plan, static_cast<std::uint16_t>(index)) != nullptr;
  return std::string("{SELECT,INSERT") + (updates ? ",UPDATE" : "") + (deletes ? ",DELETE" : "") +
         (removes && plan.changes && plan.changes->events ? ",TRUNCATE" : "") + "}";
}

}  // namespace

std::string missing_privileges(const Job& job) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  std::string wanted;
  const auto add = [&](const std::string& table, const std::string& privileges) {
    wanted += (wanted.empty() ? "(" : ", (") + literal(table) + ", " + literal(privileges) + "::text[])";
  };
  bool merges = false;
  for (std::size_t i = 0; i < job.batch.plan->tables.size(); ++i) {
    const mapping::TablePlan& table = job.batch.plan->tables[i];
    add(table.name.quoted(), needed(*job.batch.plan, i));
    merges = merges || !table.key.empty();
  }
  if (job.batch.replayed.empty()) {
    add("kafka_consumer_offsets", "{SELECT,INSERT,UPDATE}");
    add("kafka_dead_letters", "{SELECT,INSERT}");
  } else {
    add("kafka_dead_letters", "{SELECT,UPDATE,DELETE}");
    add("kafka_repaired_dead_letters", "{SELECT,INSERT}");
  }
  const std::string temporary = merges ? " UNION ALL SELECT 'TEMPORARY on the database' WHERE NOT "
                                         "has_database_privilege(current_database(), 'TEMPORARY')"
                                       : "";
  const Result lacking = job.connection.execute(
      "SELECT current_user, string_agg(what, ', ') FROM (SELECT p || ' on ' || name AS what FROM (VALUES " + wanted +
      ") w (name, privileges), unnest(privileges) p WHERE NOT has_table_privilege(to_regclass(name), p)" + temporary +
      ") lacking");
  if (lacking.kind() != Result::Kind::tuples || lacking.rows() == 0 || lacking.is_null(0, 1)) return {};
  return "; role \"" + std::string(lacking.text(0, 0)) + "\" lacks " + std::string(lacking.text(0, 1));
}

}  // namespace loom::sink
