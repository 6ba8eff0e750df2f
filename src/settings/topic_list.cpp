#include "settings/topic_list.h"

#include "text/values.h"

namespace loom::settings {
namespace {

/// Where the item ends that begins at `from`.
std::size_t end_of_item(std::string_view text, std::size_t from) {
  std::size_t open = 0;
  bool in_set = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || (c == ',' && open == 0 && !in_set)) return at;
    if (in_set) {
      // A `]` that stands first is one of the set's characters.
      const bool first = text[at - 1] == '[' || (text[at - 1] == '^' && text[at - 2] == '[');
      in_set = c != ']' || first;
    } else if (c == '\\') {
      ++at;
    } else if (c == '[') {
      in_set = true;
    } else if (c == '(' || c == '{') {
      ++open;
    } else if ((c == ')' || c == '}') && open > 0) {
      --open;
    }
  }
  return text.size();
}

}  // namespace

std::vector<std::string> split_topic_list(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = end_of_item(text, from);
    if (const auto item = text::trim(text.substr(from, end - from)); !item.empty()) items.emplace_back(item);
    from = end + 1;
  }
  return items;
}

}  // namespace loom::settings
