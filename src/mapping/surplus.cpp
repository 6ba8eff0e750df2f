#include "mapping/surplus.h"

#include <algorithm>
#include <string>

#include "mapping/column_types.h"

namespace loom::mapping {
namespace {

/// Finds the column that numbers the elements. Returns why the rows beyond the end cannot be told, or nothing.
std::string find_sequence(const ArrayMapping& array, const TablePlan& plan, std::uint16_t& sequence) {
  if (plan.key.empty()) return "no unique index on its foreign key and `sequence_field` tells its rows apart";
  bool numbered = false;
  for (const std::uint16_t key : plan.key) {
    const PlanColumn& column = plan.columns[key];
    const bool of_element = std::any_of(column.sources.begin(), column.sources.end(),
                                        [](const ColumnSource& source) { return source.array >= 0; });
    if (array.sequence_field == column.info.name) {
      if (!is_number(column.info)) return "`" + column.info.name + "` is no number";
      sequence = key;
      numbered = true;
    } else if (of_element) {
      return "`" + column.info.name + "` of its key comes from the elements, not from the parent";
    }
  }
  return numbered ? "" : "its key has no `sequence_field`";
}

/// Whether the child's key has all of the parent's key in it.
bool holds_parents_key(const TopicMapping& topic, const TableDraft& child, const TablePlan& plan) {
  return !topic.upsert_key.empty() &&
         std::all_of(topic.upsert_key.begin(), topic.upsert_key.end(), [&](const std::string& name) {
           return std::any_of(plan.key.begin(), plan.key.end(), [&](std::uint16_t key) {
             const ColumnDraft* const column = child.find(plan.columns[key].info.name);
             return column != nullptr && column->parent == name;
           });
         });
}

}  // namespace

std::optional<SurplusPlan> resolve_surplus(const TopicMapping& topic, const TableDraft& child, std::uint16_t index,
                                           const TablePlan& plan, Findings& findings) {
  const auto mapping_of = [&](std::int16_t list) -> const ArrayMapping& {
    return topic.array_mappings[static_cast<std::size_t>(list)];
  };
  const ArrayMapping& array = mapping_of(child.arrays.front());
  const bool asked = std::any_of(child.arrays.begin(), child.arrays.end(),
                                 [&](std::int16_t list) { return mapping_of(list).surplus == Surplus::remove; });
  const bool by_strategy = topic.conflict_strategy != ConflictStrategy::ignore && !array.surplus;
  if (!asked && !by_strategy) return std::nullopt;

  SurplusPlan surplus{.table = index,
                      .array = child.arrays.front(),
                      .also_without_list = topic.conflict_strategy == ConflictStrategy::replace};
  const std::string why =
      child.arrays.size() > 1 ? "several lists feed it" : find_sequence(array, plan, surplus.sequence);
  surplus.parent_tells = holds_parents_key(topic, child, plan);
  if (why.empty()) return surplus;
  if (!asked) {
    findings.warning(place_of(topic, "array_mappings").inside(array.path, array.line),
                     "rows of `" + plan.name.display() +
                         "` beyond the end of a list that becomes shorter stay, since they cannot be told: " + why +
                         ". `surplus: keep` says that this is meant");
  } else {
    findings.error(place_of(topic, "array_mappings").inside(array.path + ".surplus", array.surplus_line),
                   "is `delete`, but which rows of `" + plan.name.display() +
                       "` are beyond the list's end cannot be told: " + why);
  }
  return std::nullopt;
}

}  // namespace loom::mapping
