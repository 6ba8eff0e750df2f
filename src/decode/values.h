#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decode/value.h"
#include "decode/wanted_paths.h"

namespace loom::decode {

/// What a decoder found in one message: a value for each wanted path. The same for all formats.
/// Threads: one at a time.
/// Owns:    slots and elements, reused from message to message. The bytes that values are views into are the message's
///          or the decoder's.
/// Decoders fill it through its data members; whoever reads takes the functions.
class Values {
 public:
  /// What stands at an array mapping's path.
  struct Array {
    Value value;                   ///< absent, null, a list, or something that is no list
    std::uint32_t first_slot = 0;  ///< of its first element
    std::uint32_t count = 0;       ///< elements; 0 unless it is a list
  };

  Values(std::size_t message_slots, std::size_t extra_slots, const std::vector<WantedPaths>& elements);

  // For readers
  [[nodiscard]] Value& slot(std::size_t slot) { return slots[slot]; }
  [[nodiscard]] const Value* elements_of(const Value& list) const { return elements.data() + list.elements; }
  [[nodiscard]] const Array& array(std::size_t array) const { return arrays[array]; }
  /// The slots of one element of an array mapping.
  [[nodiscard]] const Value* element_slots_of(std::size_t array, std::uint32_t element) const {
    return element_slots.data() + arrays[array].first_slot + std::size_t{element} * slots_per_element[array];
  }
  /// Values of wanted paths that `is_absent` says so of count as not there: fields, elements, lists of array mappings.
  template <typename Test>
  void forget_if(const Test& is_absent);

  // For decoders
  /// Everything is absent again. The extra slots too.
  void reset();

  Value root;  ///< the whole message, where it is wanted
  std::vector<Value> slots;
  std::vector<Value> elements;  ///< of lists whose elements are wanted one by one
  std::vector<Value> element_slots;
  std::vector<Array> arrays;
  std::vector<std::uint16_t> slots_per_element;  ///< by array mapping
  bool leaves_untold = false;                    ///< a change event does not know some values of its row: see untold.h

 private:
  std::size_t message_slots_;
};

template <typename Test>
void Values::forget_if(const Test& is_absent) {
  for (std::size_t i = 0; i < message_slots_; ++i) {
    if (is_absent(slots[i])) slots[i].kind = Value::Kind::absent;
  }
  for (auto& value : element_slots) {
    if (is_absent(value)) value.kind = Value::Kind::absent;
  }
  for (auto& array : arrays) {
    if (is_absent(array.value)) array.value.kind = Value::Kind::absent;
  }
}

}  // namespace loom::decode
