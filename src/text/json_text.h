#pragma once

#include <string>
#include <string_view>

namespace loom::text {

/// The text as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD. Pure.
std::string json_text(std::string_view text);

}  // namespace loom::text
