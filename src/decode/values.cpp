#include "decode/values.h"

namespace loom::decode {
namespace {

// Elements of a huge list are given back when a message comes that has few.
constexpr std::size_t kKeptValues = 32'768;

void start_over(std::vector<Value>& values) {
  if (values.capacity() > kKeptValues && values.size() < values.capacity() / 4) {
    values = std::vector<Value>();
  } else {
    values.clear();
  }
}

}  // namespace

Values::Values(std::size_t message_slots, std::size_t extra_slots, const std::vector<WantedPaths>& wanted_elements)
    : slots(message_slots + extra_slots), arrays(wanted_elements.size()), message_slots_(message_slots) {
  for (const WantedPaths& paths : wanted_elements) slots_per_element.push_back(paths.tree.slots);
}

void Values::reset() {
  for (auto& slot : slots) slot.kind = Value::Kind::absent;
  for (auto& array : arrays) array = Array{};
  leaves_untold = false;
  start_over(elements);
  start_over(element_slots);
}

}  // namespace loom::decode
