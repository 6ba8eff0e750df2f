#include "mapping/paths.h"

#include <algorithm>

namespace loom::mapping {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> names;
  if (path.empty()) return names;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = path.find('.', begin);
    names.push_back(path.substr(begin, dot - begin));
    if (dot == std::string::npos) return names;
    begin = dot + 1;
  }
}

bool is_inside(const std::string& path, const std::string& prefix) {
  return path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0 && path[prefix.size()] == '.';
}

std::uint16_t add_node(PathTree& tree, const std::string& path) {
  std::uint16_t at = 0;
  for (auto& name : split_path(path)) {
    const auto& children = tree.nodes[at].children;
    const auto child = std::find_if(children.begin(), children.end(), [&name](const auto& c) { return c.key == name; });
    if (child != children.end()) {
      at = child->node;
      continue;
    }
    const auto made = static_cast<std::uint16_t>(tree.nodes.size());
    tree.nodes[at].children.push_back({std::move(name), made});
    tree.nodes.emplace_back();
    at = made;
  }
  return at;
}

std::uint16_t add_slot(PathTree& tree, const std::string& path) {
  PathNode& node = tree.nodes[add_node(tree, path)];
  if (node.slot < 0) {
    node.slot = static_cast<std::int16_t>(tree.slots++);
    tree.slot_paths.push_back(path);
  }
  return static_cast<std::uint16_t>(node.slot);
}

}  // namespace loom::mapping
