#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/plan.h"

namespace loom::formats {
struct Schema;
}

namespace loom::mapping {

/// A required field that only the message itself can bring, and the paths where it may stand there.
struct RequiredPaths {
  std::string name;  ///< as the mapping has it
  std::vector<std::string> paths;
  bool operator==(const RequiredPaths&) const = default;
};

/// Those of the plan's required fields. Fields of the key, of a list's elements and about the record are none of them:
/// a message's schema cannot lack these.
std::vector<RequiredPaths> required_paths(const TopicPlan& plan);

/// What the schema has no field for, in words: "no field for the required field `x` (sources: a.b, c)". Empty: nothing
/// is missing. `message`: Protobuf's, by its full name; empty: the file's first.
std::string missing_required(const std::vector<RequiredPaths>& required, const formats::Schema& schema,
                             std::string_view message);

}  // namespace loom::mapping
