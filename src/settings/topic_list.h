#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loom::settings {

/// The names and patterns of `LOOM_TOPICS: orders, ^shop[.][a-z]{1,8}$`, with commas or line ends between them. Commas
/// inside a pattern's brackets are its own. What is empty is left out. Pure.
std::vector<std::string> split_topic_list(std::string_view text);

}  // namespace loom::settings
