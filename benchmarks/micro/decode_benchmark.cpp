// Decoding alone, and its first stage alone: parts of what map_benchmark measures as a whole.

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json/json_decoder.h"
#include "decode/json/json_text.h"
#include "decode/json/structural_index.h"
#include "decode/path_index.h"
#include "measure.h"
#include "shapes.h"

namespace {

constexpr std::size_t kMessages = 4096;

const loom::benchmarks::Shape& shape() {
  static const auto made = loom::benchmarks::small_sensor_row(kMessages);
  return made;
}
const std::vector<std::string>& messages() { return shape().messages; }

/// Runs it on message after message; true: it worked. Warm before it is measured.
template <typename Work>
void each_message(benchmark::State& state, const Work& work) {
  std::size_t next = 0;
  std::size_t bytes = 0;
  bool right = true;
  const auto one = [&] {
    right = work(next) && right;
    bytes += messages()[next].size();
    next = (next + 1) % kMessages;
  };
  for (std::size_t i = 0; i < kMessages; ++i) one();
  bytes = 0;
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) one();
  measure.report(static_cast<std::size_t>(state.iterations()), bytes);
  if (!right) loom::benchmarks::fail(state, "not all fields were found");
}

void decode_300B_14_slots(benchmark::State& state) {
  loom::decode::WantedPaths paths;
  paths.tree = shape().plan->message;
  loom::decode::JsonDecoder decoder({.message = paths});
  // The eleventh field is there, whatever came before it.
  const auto last = static_cast<std::size_t>(
      std::find(paths.tree.slot_paths.begin(), paths.tree.slot_paths.end(), "metadata.device_orientation") -
      paths.tree.slot_paths.begin());
  each_message(state,
               [&](std::size_t i) { return !decoder.decode(messages()[i]) && decoder.values().slot(last).present(); });
}
BENCHMARK(decode_300B_14_slots);

void index_300B(benchmark::State& state) {
  loom::decode::StructuralIndex index;
  each_message(
      state, [&](std::size_t i) { return index.build(messages()[i]) == nullptr && index.end() - index.begin() > 40; });
}
BENCHMARK(index_300B);

/// For comparison: the same job by the public API of simdjson's On-Demand front end. Keys are matched by the same index
/// and values kept in slots; strings are unescaped by get_string() and numbers checked, as decode_300B_14_slots does.
/// It is still given more than the service could give it: messages that are padded already, and nothing to pass over.
class OnDemandDecoder {
 public:
  explicit OnDemandDecoder(const loom::mapping::PathTree& tree) : paths_({.tree = tree}), slots_(tree.slots) {}

  bool decode(const simdjson::padded_string& message) {
    for (auto& slot : slots_) slot.kind = Kind::absent;
    simdjson::ondemand::document document;
    simdjson::ondemand::object root;
    return parser_.iterate(message).get(document) == simdjson::SUCCESS &&
           document.get_object().get(root) == simdjson::SUCCESS && object(root, paths_.node(0));
  }
  [[nodiscard]] std::size_t found() const {
    return static_cast<std::size_t>(
        std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot.present(); }));
  }

 private:
  using Kind = loom::decode::Value::Kind;

  bool object(simdjson::ondemand::object from, loom::decode::PathIndex::Node& node) {
    std::uint16_t* guess = &node.first_guess;
    for (auto field : from) {
      std::string_view key;
      simdjson::ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS) {
        return false;
      }
      const int child = paths_.match(node, key, guess);
      if (child < 0 || !take(value, paths_.node(static_cast<std::size_t>(child)))) return false;
    }
    return true;
  }

  bool take(simdjson::ondemand::value value, loom::decode::PathIndex::Node& node) {
    if (node.children != 0) {
      simdjson::ondemand::object inner;
      return value.get_object().get(inner) == simdjson::SUCCESS && object(inner, node);
    }
    auto& slot = slots_[static_cast<std::size_t>(node.slot)];
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == simdjson::ondemand::json_type::string) {
      slot.kind = Kind::string;
      return value.get_string().get(slot.text) == simdjson::SUCCESS;
    }
    slot.kind = Kind::number;
    slot.text = value.raw_json_token();
    return type == simdjson::ondemand::json_type::number && loom::decode::is_json_number(slot.text);
  }

  simdjson::ondemand::parser parser_;
  loom::decode::PathIndex paths_;
  std::vector<loom::decode::Value> slots_;
};

void ondemand_300B_14_slots(benchmark::State& state) {
  std::vector<simdjson::padded_string> padded;
  for (const auto& message : messages()) padded.emplace_back(message);
  OnDemandDecoder decoder(shape().plan->message);
  each_message(state, [&](std::size_t i) { return decoder.decode(padded[i]) && decoder.found() == 11; });
}
BENCHMARK(ondemand_300B_14_slots);

}  // namespace

int main(int argc, char** argv) {
  return loom::benchmarks::run(argc, argv, [] { return loom::benchmarks::wrong_rows(shape()); });
}
