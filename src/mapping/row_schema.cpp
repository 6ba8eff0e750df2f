#include "mapping/row_schema.h"

#include <algorithm>

#include "mapping/change_paths.h"
#include "mapping/table_names.h"

namespace loom::mapping {
namespace {

bool is_envelope(const formats::Schema& schema, std::string_view message) {
  const auto names = names_at(schema, message, {});
  const auto has = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(kAfter) && has(kOperation);
}

}  // namespace

std::vector<PathStep> row_path(Changes changes, const formats::Schema& schema, std::string_view message) {
  if (changes == Changes::none || !is_envelope(schema, message)) return {};
  return {{.name = std::string(kAfter), .index = {}}};
}

std::vector<PathStep> path_in_schema(Changes changes, const TopicSchema& schema, std::vector<PathStep> path) {
  if (changes == Changes::none || path.empty() || is_envelope(*schema.schema, schema.message)) return path;
  if (path.front().name != kAfter) return {};
  path.erase(path.begin());
  return path;
}

std::vector<std::string> row_fields(Changes changes, const formats::Schema& schema, std::string_view message) {
  const auto row = row_path(changes, schema, message);
  std::vector<std::string> names = names_at(schema, message, row);
  const bool unwrapped = changes != Changes::none && row.empty();
  std::erase_if(names, [&](const std::string& name) {
    return name.empty() || std::find(kSystemColumns.begin(), kSystemColumns.end(), name) != kSystemColumns.end() ||
           name.size() > kMaxNameBytes || name.find('\0') != std::string::npos || (unwrapped && name.starts_with("__"));
  });
  return names;
}

}  // namespace loom::mapping
