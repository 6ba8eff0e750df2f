#include "samples/tree.h"

#include <algorithm>
#include <utility>

#include "mapping/sources.h"

namespace loom::samples {
namespace {

using mapping::ArrayMapping;
using mapping::TopicMapping;

SampleNode* child_of(SampleNode& node, const mapping::PathStep& step) {
  const auto child =
      std::find_if(node.children.begin(), node.children.end(), [&](const SampleNode& one) { return one.step == step; });
  return child == node.children.end() ? nullptr : &*child;
}

SampleNode& descend(SampleNode& root, std::string_view path) {
  SampleNode* node = &root;
  for (auto& step : mapping::split_path(path)) {
    SampleNode* child = child_of(*node, step);
    if (child == nullptr) {
      child = &node->children.emplace_back();
      child->step = std::move(step);
    }
    node = child;
  }
  return *node;
}

void remove(SampleNode& root, const std::string& path) {
  auto steps = mapping::split_path(path);
  SampleNode* parent = &root;
  for (std::size_t i = 0; i + 1 < steps.size() && parent != nullptr; ++i) parent = child_of(*parent, steps[i]);
  if (parent == nullptr || steps.empty()) return;
  std::erase_if(parent->children, [&](const SampleNode& one) { return one.step == steps.back(); });
}

SampleNode element_tree(const TopicMapping& topic, const ArrayMapping& array) {
  std::vector<SampleField> fields;
  const bool scalar = array.element_mappings.size() == 1 && array.element_mappings.front().key == "value";
  for (const mapping::ElementMapping& element : array.element_mappings) {
    fields.push_back(make_field(topic, scalar ? "" : element.key, element.column));
  }
  return tree_of(fields);
}

}  // namespace

std::int32_t SampleNode::list_size() const {
  std::int32_t front = 0;
  std::int32_t back = 0;
  for (const SampleNode& child : children) {
    front = std::max(front, child.step.index.value_or(0) + 1);
    back = std::min(back, child.step.index.value_or(0));
  }
  constexpr std::int32_t kLongest = 1000;  // a sample, not a test of limits
  return std::min(front - back, kLongest);
}

const SampleNode* SampleNode::at(std::int32_t place, std::int32_t size) const {
  const auto found = std::find_if(children.begin(), children.end(), [&](const SampleNode& child) {
    return child.step.index == place || child.step.index == place - size;
  });
  return found == children.end() ? nullptr : &*found;
}

SampleNode tree_of(const std::vector<SampleField>& fields) {
  SampleNode root;
  for (const SampleField& field : fields) descend(root, field.path).field = field;
  return root;
}

SampleNode message_tree(const TopicMapping& topic, const std::vector<SampleField>& fields,
                        const SampleOverrides& overrides) {
  SampleNode root = tree_of(fields);
  for (std::uint32_t i = 0; i < topic.array_mappings.size(); ++i) {
    SampleNode& node = descend(root, mapping::array_root(topic.array_mappings[i].path));
    node.element.assign(1, element_tree(topic, topic.array_mappings[i]));
    node.array = i;
  }
  for (const auto& [path, literal] : overrides) {
    if (literal) {
      descend(root, path).literal = literal;
    } else {
      remove(root, path);
    }
  }
  return root;
}

}  // namespace loom::samples
