#pragma once

#include <string_view>
#include <vector>

namespace loom::samples {

/// Plain words for texts that are not about anything.
const std::vector<std::string_view>& sample_words();

/// What such a field usually says (`activity` -> walking, running, ...); nullptr for a name without a list.
const std::vector<std::string_view>* words_for(std::string_view name);

}  // namespace loom::samples
