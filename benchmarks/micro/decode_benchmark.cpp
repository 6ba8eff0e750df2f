// From a message's bytes to a COPY row: what one message costs, and what parts of it.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "accelerometer.h"
#include "base/clock.h"
#include "base/message.h"
#include "decode/json_decoder.h"
#include "decode/json_text.h"
#include "decode/path_index.h"
#include "decode/structural_index.h"
#include "encode/row_builder.h"

namespace {

using loom::benchmarks::accelerometer_messages;
using loom::benchmarks::accelerometer_plan;

constexpr std::size_t kMessages = 4096;
constexpr std::uint32_t kBatch = 200;

const std::vector<std::string>& messages() {
  static const std::vector<std::string> made = accelerometer_messages(kMessages);
  return made;
}

loom::Message message_of(const std::string& value) {
  loom::Message message;
  message.value = value;
  message.has_value = true;
  return message;
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(state.iterations());
}

double read_double(std::string_view field) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, field.data(), sizeof bits);
  bits = __builtin_bswap64(bits);
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// The text of a field in a message, found without a parser.
std::string_view field_of(std::string_view message, const std::string& key) {
  const std::size_t begin = message.find("\"" + key + "\":") + key.size() + 3;
  const std::string_view rest = message.substr(begin);
  return rest.front() == '"' ? rest.substr(1, rest.find('"', 1) - 1) : rest.substr(0, rest.find_first_of(",}"));
}

/// Every message's row holds what the message says. Run before anything is measured.
bool rows_are_right() {
  const loom::SystemClock clock;
  const auto plan = accelerometer_plan(true);
  loom::encode::RowBuilder builder(plan, "device.sensor.accelerometer.raw", clock);
  loom::encode::RowSets rows;
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    if (builder.append(message_of(messages()[i]), i, rows)) return false;
  }
  const auto& set = rows.all().front();
  if (rows.all().size() != 1 || set.rows.size() != kMessages) return false;
  for (std::size_t i = 0; i < kMessages; ++i) {
    const std::string_view message = messages()[i];
    const auto fields = loom::encode::split_row(set.row(i), true);
    if (fields.size() != 11 || fields[0] != field_of(message, "trace_id") ||
        fields[1] != field_of(message, "device_id") || fields[2].size() != 8 || fields[3] != "v1" ||
        fields[9] != field_of(message, "activity") || fields[10] != field_of(message, "device_orientation")) {
      return false;
    }
    const char* const keys[] = {"x", "y", "z", "magnitude"};
    for (std::size_t k = 0; k < 4; ++k) {
      if (read_double(fields[4 + k]) != std::stod(std::string(field_of(message, keys[k])))) return false;
    }
  }
  return true;
}

void map_300B_11_fields(benchmark::State& state) {
  const loom::SystemClock clock;
  loom::encode::RowBuilder builder(accelerometer_plan(state.range(0) != 0), "topic", clock);
  loom::encode::RowSets rows;
  std::size_t next = 0;
  std::uint32_t in_batch = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& message = messages()[next];
    next = (next + 1) % kMessages;
    bytes += message.size();
    auto reject = builder.append(message_of(message), in_batch, rows);
    benchmark::DoNotOptimize(reject);
    if (++in_batch == kBatch) {
      in_batch = 0;
      rows.clear();
    }
  }
  report(state, bytes);
}
BENCHMARK(map_300B_11_fields)->ArgName("binary")->Arg(1)->Arg(0);

void decode_300B_14_slots(benchmark::State& state) {
  const auto plan = accelerometer_plan(true);
  loom::decode::WantedPaths paths;
  paths.tree = plan->message;
  loom::decode::JsonDecoder decoder(paths, {});
  std::size_t next = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& message = messages()[next];
    next = (next + 1) % kMessages;
    bytes += message.size();
    auto reject = decoder.decode(message);
    benchmark::DoNotOptimize(reject);
  }
  report(state, bytes);
}
BENCHMARK(decode_300B_14_slots);

void index_300B(benchmark::State& state) {
  loom::decode::StructuralIndex index;
  std::size_t next = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& message = messages()[next];
    next = (next + 1) % kMessages;
    bytes += message.size();
    benchmark::DoNotOptimize(index.build(message));
  }
  report(state, bytes);
}
BENCHMARK(index_300B);

/// For comparison: the same job by the public API of simdjson's On-Demand front end. Keys are matched by the same index
/// and values kept in slots; strings are unescaped by get_string() and numbers checked, as decode_300B_14_slots does.
/// It is still given more than the service could give it: messages that are padded already, and nothing to pass over.
class OnDemandDecoder {
 public:
  explicit OnDemandDecoder(const loom::mapping::PathTree& tree) : paths_(tree, {}), slots_(tree.slots) {}

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
  using Kind = loom::decode::JsonValue::Kind;

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
  std::vector<loom::decode::JsonValue> slots_;
};

void ondemand_300B_14_slots(benchmark::State& state) {
  std::vector<simdjson::padded_string> padded;
  for (const auto& message : messages()) padded.emplace_back(message);
  OnDemandDecoder decoder(accelerometer_plan(true)->message);
  std::size_t next = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto& message = padded[next];
    next = (next + 1) % kMessages;
    bytes += message.size();
    const bool decoded = decoder.decode(message);
    benchmark::DoNotOptimize(decoded);
    if (!decoded || decoder.found() != 11) {
      state.SkipWithError("not all fields were found");
      break;
    }
  }
  report(state, bytes);
}
BENCHMARK(ondemand_300B_14_slots);

}  // namespace

int main(int argc, char** argv) {
  if (!rows_are_right()) {
    std::fputs("decode_benchmark: the rows are wrong; nothing was measured\n", stderr);
    return 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
