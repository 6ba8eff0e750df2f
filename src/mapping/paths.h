#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/plan.h"

namespace loom::mapping {

/// The names between the dots; none for the empty path, which is the root.
std::vector<std::string> split_path(const std::string& path);

/// Whether `path` goes on inside `prefix`: `data.x` does inside `data`, `data` itself and `database` do not.
bool is_inside(const std::string& path, const std::string& prefix);

/// The node at the path, made when it is not there yet.
std::uint16_t add_node(PathTree& tree, const std::string& path);

/// The slot that takes the path's value, made when it is not there yet.
std::uint16_t add_slot(PathTree& tree, const std::string& path);

}  // namespace loom::mapping
