#pragma once

#include <string>
#include <vector>

#include "infer/draft.h"
#include "infer/shape.h"

namespace loom::infer {

/// A place of the message that becomes a column.
struct Leaf {
  std::string path;
  std::vector<std::string> steps;  ///< the names on the way to it
  const Shape* shape = nullptr;
};

/// What a message, or an element of a list, is taken apart into.
struct Leaves {
  std::vector<Leaf> columns;
  std::vector<Leaf> lists;  ///< of objects: each a table of its own
};

/// Objects are taken apart field by field, but for those whose names are data. `lists_too`: lists of objects become
/// tables; without, JSON.
Leaves leaves_of(const Shape& shape, bool lists_too);

/// The value type of a leaf, and what is unsure about it. `of`: how many there could have been.
DraftColumn column_of(const Leaf& leaf, std::uint64_t of);

}  // namespace loom::infer
