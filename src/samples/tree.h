#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/paths.h"
#include "samples/fields.h"

namespace loom::samples {

/// What a message of a topic is made of: an object, its fields in order of first mention; a list, its elements by their
/// places; an array mapping's list; or a value.
struct SampleNode {
  mapping::PathStep step;
  std::vector<SampleNode> children;
  std::optional<SampleField> field;
  std::vector<SampleNode> element;     ///< of an array mapping's list, one; else none
  std::uint32_t array = 0;             ///< which array mapping that is
  std::optional<std::string> literal;  ///< JSON that stands there in any case

  [[nodiscard]] bool is_value() const { return field && children.empty(); }
  /// Whether its children are elements of a list.
  [[nodiscard]] bool is_list() const { return !children.empty() && children.front().step.index.has_value(); }
  /// How long the list has to be for its elements to have places of their own.
  [[nodiscard]] std::int32_t list_size() const;
  /// What stands at a place of the list of that size; nullptr: nothing that is mapped.
  [[nodiscard]] const SampleNode* at(std::int32_t place, std::int32_t size) const;
};

/// Path -> what stands there instead of the field's value, as JSON; nothing: the field is left out.
using SampleOverrides = std::map<std::string, std::optional<std::string>>;

/// A whole message with these fields of its own, and with the mapping's lists.
SampleNode message_tree(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                        const SampleOverrides& overrides = {});
/// Of the fields alone.
SampleNode tree_of(const std::vector<SampleField>& fields);

}  // namespace loom::samples
