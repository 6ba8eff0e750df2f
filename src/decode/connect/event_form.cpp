#include "decode/connect/event_form.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "mapping/change_paths.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;
using mapping::PathNode;
using mapping::PathTree;

PathNode::Child* child_of(PathNode& node, std::string_view key) {
  const auto found =
      std::find_if(node.children.begin(), node.children.end(), [key](const auto& child) { return child.key == key; });
  return found == node.children.end() ? nullptr : &*found;
}

bool is_text(const Value& value) { return value.kind == Kind::string || value.kind == Kind::enumeration; }

/// Puts the wanted fields of a row beside each other.
class RowTree {
 public:
  RowTree(PathTree& tree, const EventSlots& slots) : tree_(tree), slots_(slots) {}

  void build() {
    PathNode& old_root = tree_.nodes[0];
    const auto take = [&](std::string_view key) {
      const PathNode::Child* const child = child_of(old_root, key);
      return child == nullptr ? PathNode{} : tree_.nodes[child->node];
    };
    const PathNode after = take(mapping::kAfter);
    const PathNode source = take(mapping::kEventSource);
    root_.children = after.children;
    root_.slot = old_root.slot;
    for (const auto& child : source.children) {
      add("__source_" + child.key, child.node);
      add("__" + child.key, child.node);
    }
    add_slot("__op", slots_.operation);
    add_slot("__ts_ms", slots_.time);
    add_slot("__source_ts_ms", slots_.time);
    add_slot(std::string(mapping::kDeletedMark), slots_.deleted);
    // What tells that it is no row. The slot of the row before is free.
    add_slot(std::string(mapping::kOperation), slots_.before);
    add_slot(std::string(mapping::kAfter), slots_.after);
    add_slot(std::string(mapping::kEventSource), slots_.source);
    tree_.nodes[0] = std::move(root_);  // after the nodes were added, which moves the others
  }

 private:
  /// A field of the row of that name goes first.
  void add(std::string key, std::uint16_t node) {
    if (child_of(root_, key) == nullptr) root_.children.push_back({std::move(key), node});
  }
  void add_slot(std::string key, std::uint16_t slot) {
    const auto node = static_cast<std::uint16_t>(tree_.nodes.size());
    tree_.nodes.emplace_back().slot = static_cast<std::int16_t>(slot);
    add(std::move(key), node);
  }

  PathTree& tree_;
  const EventSlots& slots_;
  PathNode root_;
};

}  // namespace

Wanted row_form(const Wanted& envelope) {
  Wanted row = envelope;
  RowTree(row.message.tree, *envelope.events).build();
  return row;
}

bool is_envelope(const Values& values, const EventSlots& slots) {
  const auto is_there = [&values](std::uint16_t slot) { return values.slots[slot].kind != Kind::absent; };
  return is_text(values.slots[slots.operation]) &&
         (is_there(slots.after) || is_there(slots.before) || values.slots[slots.source].kind == Kind::object);
}

bool is_envelope_in_row_form(Values& values, const EventSlots& slots) {
  Value& operation = values.slots[slots.before];
  Value& after = values.slots[slots.after];
  Value& source = values.slots[slots.source];
  const bool is_one = is_text(operation) && after.kind != Kind::absent && source.kind == Kind::object;
  operation.kind = after.kind = source.kind = Kind::absent;
  return is_one;
}

}  // namespace loom::decode
