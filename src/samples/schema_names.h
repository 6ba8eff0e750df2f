#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace loom::samples {

/// Names for the records of a schema, each used once: `heart_rate` becomes HeartRate.
/// Threads: one at a time.
class SchemaNames {
 public:
  std::string record(std::string_view of);

 private:
  std::set<std::string> used_;
};

/// Letters, digits and underscores, the first no digit: `service.name` becomes service_name.
std::string as_identifier(std::string_view name);

}  // namespace loom::samples
