#include "mapping/required_paths.h"

#include <algorithm>

#include "mapping/draft.h"
#include "mapping/schema_fields.h"

namespace loom::mapping {

std::vector<RequiredPaths> required_paths(const TopicPlan& plan) {
  std::vector<RequiredPaths> all;
  for (const RequiredField& field : plan.required) {
    RequiredPaths made{field.name, {}};
    for (const ColumnSource& source : field.sources) {
      if (source.kind != SourceKind::field || source.scope != SourceScope::message) continue;
      made.paths.push_back(plan.message.slot_paths[source.slot]);
    }
    if (!made.paths.empty() && made.paths.size() == field.sources.size()) all.push_back(std::move(made));
  }
  return all;
}

std::string missing_required(const std::vector<RequiredPaths>& required, const formats::Schema& schema,
                             std::string_view message) {
  std::vector<std::string> missing;
  for (const RequiredPaths& field : required) {
    const bool there = std::ranges::any_of(
        field.paths, [&](const std::string& path) { return field_at(schema, message, split_path(path)).has_value(); });
    if (!there) missing.push_back("`" + field.name + "` (sources: " + joined(field.paths) + ")");
  }
  if (missing.empty()) return {};
  return "no field for the required field" + std::string(missing.size() == 1 ? " " : "s ") + joined(missing);
}

}  // namespace loom::mapping
