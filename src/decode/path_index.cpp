#include "decode/path_index.h"

#include <algorithm>
#include <utility>

namespace loom::decode {

PathIndex::PathIndex(const WantedPaths& wanted) : slots_(wanted.tree.slots) {
  const mapping::PathTree& tree = wanted.tree;
  // Breadth first, so that the children of a node stand side by side.
  std::vector<std::uint16_t> order{0};
  nodes_.reserve(tree.nodes.size());
  nodes_.emplace_back();
  for (std::size_t at = 0; at < order.size(); ++at) {
    const mapping::PathNode& from = tree.nodes[order[at]];
    Node& node = nodes_[at];
    node.slot = from.slot;
    node.array = from.array;
    node.inner = !from.children.empty() || !from.elements.empty();
    node.leaf = from.slot >= 0 && from.array < 0 && !node.inner;
    const auto slot = static_cast<std::size_t>(from.slot);
    node.wants_elements = from.slot >= 0 && slot < wanted.wishes.size() && wanted.wishes[slot].elements;
    node.opens_lists = node.wants_elements || from.array >= 0 || !from.elements.empty();
    node.first_child = static_cast<std::uint16_t>(order.size());
    node.children = static_cast<std::uint16_t>(from.children.size());
    for (std::size_t i = 0; i < from.children.size(); ++i) {
      const auto& child = from.children[i];
      order.push_back(child.node);
      nodes_.emplace_back();
      nodes_.back().key = child.key;
      nodes_.back().follows = static_cast<std::uint16_t>((i + 1) % from.children.size());
      nodes_[at].key_marks |= mark(child.key);
    }
    auto elements = from.elements;
    std::ranges::sort(elements, {}, [](const auto& e) { return std::pair(e.index < 0, e.index); });
    if (elements.empty()) continue;
    elements_.resize(tree.nodes.size());
    places_.resize(tree.nodes.size());
    elements_[at].first = static_cast<std::uint16_t>(order.size());
    elements_[at].count = static_cast<std::uint16_t>(elements.size());
    for (const auto& element : elements) {
      places_[order.size()] = element.index;
      order.push_back(element.node);
      nodes_.emplace_back();
      if (element.index >= 0) ++elements_[at].from_front;
    }
  }
}

int PathIndex::search(Node& parent, std::string_view key, std::uint16_t*& guess) {
  for (std::uint16_t i = 0; i < parent.children; ++i) {
    Node& child = nodes_[parent.first_child + i];
    if (!same(child.key, key)) continue;
    *guess = i;
    guess = &child.follows;
    return parent.first_child + i;
  }
  return kNone;
}

}  // namespace loom::decode
