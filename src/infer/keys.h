#pragma once

#include <string>
#include <vector>

#include "infer/columns.h"
#include "infer/draft.h"

namespace loom::infer {

/// Which columns tell messages apart.
struct KeyChoice {
  std::vector<std::size_t> leaves;  ///< indices into the leaves; empty: none of them do
  bool updates = false;             ///< as in MappingDraft
  std::string doubt;
};

/// By the names of the leaves and by what repeats in the samples. `columns`: one for each leaf. Pure.
KeyChoice choose_key(const std::vector<Leaf>& leaves, const std::vector<DraftColumn>& columns, std::uint64_t messages,
                     const std::string& topic);

}  // namespace loom::infer
