#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/plan.h"

namespace loom::mapping {

/// One step of a path: to a field of an object, or to an element of a list.
struct PathStep {
  std::string name;                   ///< the field's, letter by letter; empty for an element
  std::optional<std::int32_t> index;  ///< the element's, from 0; a negative one counts from the list's end
  bool operator==(const PathStep&) const = default;
};

struct ParsedPath {
  std::vector<PathStep> steps;    ///< none for the empty path, which is the root
  std::vector<std::size_t> ends;  ///< where each step's text ends
  std::string problem;            ///< what is wrong with the text, for a person; empty: nothing
};

/// Reads `data.x`, `data."odd.name"`, `items[0].sku`, `items[-1]`, `[0]`. In double quotes every letter belongs to the
/// name, but for `\"` and `\\`, which stand for the second letter.
ParsedPath parse_path(std::string_view path);

/// The steps of a path that is in order.
std::vector<PathStep> split_path(std::string_view path);

/// The path of one step to the field of this name, in quotes where its letters would mean something else.
std::string path_to(const std::string& name);

/// Whether both lead to the same place, however they are spelt.
bool same_path(std::string_view a, std::string_view b);

/// Whether `path` goes on inside `prefix`: `data.x` and `data[0]` do inside `data`, `data` itself and `database` do
/// not. Everything but the root is inside the root.
bool is_inside(std::string_view path, std::string_view prefix);

/// What of `path` lies below `prefix`, where is_inside() says that something does.
std::string path_below(std::string_view path, std::string_view prefix);

/// The node at the path, made when it is not there yet.
std::uint16_t add_node(PathTree& tree, std::string_view path);

/// The slot that takes the path's value, made when it is not there yet.
std::uint16_t add_slot(PathTree& tree, const std::string& path);

}  // namespace loom::mapping
