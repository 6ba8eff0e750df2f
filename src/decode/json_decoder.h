#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reject.h"
#include "decode/json_value.h"
#include "decode/json_walk.h"
#include "decode/path_index.h"
#include "mapping/plan.h"

namespace loom::decode {

/// Paths wanted of one scope, and for which slots a list's elements are wanted one by one.
struct WantedPaths {
  mapping::PathTree tree;
  std::vector<bool> wants_elements;  ///< by slot; may be shorter
};

/// One message into values: a single forward pass over its tokens, driven by the wanted paths. Once the buffers are
/// warm it allocates nothing.
/// Threads: one at a time.
/// Owns:    token positions, unescaped strings, slots and elements, reused from text to text. Values are views into
///          the text and into these; they hold until the next text.
/// Fails:   a Reject: invalid_json or not_an_object.
class JsonDecoder {
 public:
  /// What stands at an array mapping's path.
  struct Array {
    JsonValue value;               ///< absent, null, a list, or something that is no list
    std::uint32_t first_slot = 0;  ///< of its first element
    std::uint32_t count = 0;       ///< elements; 0 unless it is a list
  };

  /// `arrays[i]` are the paths inside an element of array mapping i.
  /// `extra_slots`: slots behind the message's own, for the caller to fill.
  JsonDecoder(const WantedPaths& message, const std::vector<WantedPaths>& arrays, std::size_t extra_slots = 0);

  /// Decodes a text whose root must be an object, or a list where an array mapping stands at the root: it takes
  /// whatever is there.
  std::optional<Reject> decode(std::string_view text);
  /// Decodes a text whose root may be anything: the root's slot and array mapping take it.
  std::optional<Reject> decode_any(std::string_view text);

  /// What is wrong with a text that was refused as invalid_json, and where. `skipped`: bytes in front of it.
  [[nodiscard]] std::string problem(std::size_t skipped) const;

  /// Values of wanted paths that `is_absent` says so of count as not there: fields, elements, lists of array mappings.
  template <typename Test>
  void forget_if(const Test& is_absent);

  [[nodiscard]] JsonValue& slot(std::size_t slot) { return slots_[slot]; }
  [[nodiscard]] const JsonValue* elements(const JsonValue& list) const { return elements_.data() + list.elements; }
  /// Whether `\u0000` stands anywhere in the text.
  [[nodiscard]] bool holds_nul() const { return walk_.nuls() != 0; }
  [[nodiscard]] const Array& array(std::size_t array) const { return arrays_[array]; }
  /// The slots of one element of an array mapping.
  [[nodiscard]] const JsonValue* element_slots(std::size_t array, std::uint32_t element) const {
    return element_slots_.data() + arrays_[array].first_slot + std::size_t{element} * element_paths_[array].slots();
  }

 private:
  using Node = PathIndex::Node;
  /// One object's wanted paths and the slots that they fill.
  struct Scope {
    PathIndex& paths;
    JsonValue* slots;
    std::uint64_t id;
  };

  void reset();
  std::optional<Reject> invalid() const;
  bool node_value(const Scope& scope, Node& node);
  bool object(const Scope& scope, Node& node);
  bool list(const Scope& scope, const Node& node, JsonValue& value);
  bool collect_elements(JsonValue& value);
  bool map_elements(std::size_t array);
  bool pick_elements(const Scope& scope, const PathIndex::Elements& elements);
  void forget_below(const Scope& scope, const Node& node);

  JsonWalk walk_;
  PathIndex message_paths_;
  std::vector<PathIndex> element_paths_;
  std::vector<JsonValue> slots_;
  std::vector<JsonValue> elements_;
  std::vector<JsonValue> element_slots_;
  std::vector<Array> arrays_;
  std::uint64_t scopes_ = 0;
};

template <typename Test>
void JsonDecoder::forget_if(const Test& is_absent) {
  for (std::size_t i = 0; i < message_paths_.slots(); ++i) {
    if (is_absent(slots_[i])) slots_[i].kind = JsonValue::Kind::absent;
  }
  for (auto& value : element_slots_) {
    if (is_absent(value)) value.kind = JsonValue::Kind::absent;
  }
  for (auto& array : arrays_) {
    if (is_absent(array.value)) array.value.kind = JsonValue::Kind::absent;
  }
}

}  // namespace loom::decode
