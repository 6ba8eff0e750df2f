// What a batch costs around its rows: messages taken in, rows put in key order, memory used again.

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "batch/batch.h"
#include "encode/row_builder.h"
#include "measure.h"
#include "shapes.h"
#include "sink/key_order.h"

namespace {

using loom::batch::Batch;
using loom::benchmarks::Shape;

constexpr std::size_t kMessages = 4096;

const Shape& shape() {
  static const Shape made = loom::benchmarks::small_sensor_row(kMessages);
  return made;
}

/// Messages that count how many of them are held: all are to be let go, each once.
long held = 0;
const loom::MessageBacking kBacking{[](void* /*handle*/) noexcept { --held; },
                                    [](const void* /*handle*/) { return std::vector<loom::Header>{}; }};

loom::Message held_message(std::size_t index) {
  ++held;
  loom::Message made(&kBacking, nullptr);
  made.value = shape().messages[index % kMessages];
  made.has_value = true;
  made.offset = static_cast<std::int64_t>(index);
  return made;
}

/// As pipeline::Lane adds a message to its batch.
void take(Batch& batch, loom::encode::RowBuilder& builder, loom::Message message) {
  const auto index = static_cast<std::uint32_t>(batch.messages.size());
  auto reject = builder.append(message, index, batch.rows);
  if (reject) batch.rejected.push_back({.message = index, .reject = std::move(*reject)});
  batch.message_bytes += message.key.size() + message.value.size();
  batch.messages.push_back(std::move(message));
}

/// As pipeline::Lane keeps a committed batch for the next one.
void reset(Batch& batch) {
  batch.messages.clear();
  batch.rows.clear();
  batch.rejected.clear();
  batch.ranges.clear();
  batch.message_bytes = 0;
}

struct Filling {
  const loom::SystemClock clock{};
  loom::encode::RowBuilder builder{shape().plan, shape().name, clock};
  Batch batch;
  std::size_t next = 0;

  void fill(std::size_t messages) {
    for (std::size_t i = 0; i < messages; ++i) take(batch, builder, held_message(next++));
  }
};

/// One iteration is a whole batch.
void batch_fill_and_reset(benchmark::State& state) {
  const auto messages = static_cast<std::size_t>(state.range(0));
  Filling filling;
  for (std::size_t i = 0; i < 3 + kMessages / messages; ++i) {
    filling.fill(messages);
    reset(filling.batch);
  }
  std::size_t bytes = 0;
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) {
    filling.fill(messages);
    bytes += filling.batch.message_bytes;
    reset(filling.batch);
  }
  measure.report(static_cast<std::size_t>(state.iterations()) * messages, bytes);
  if (held != 0) loom::benchmarks::fail(state, "messages were not let go");
}
BENCHMARK(batch_fill_and_reset)->ArgName("messages")->Arg(200)->Arg(5000)->Arg(20000);

/// The same without decoding: what is left are moves of messages and a vector that is used again.
void batch_messages_only(benchmark::State& state) {
  const auto messages = static_cast<std::size_t>(state.range(0));
  Batch batch;
  batch.messages.reserve(messages);
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) {
    for (std::size_t i = 0; i < messages; ++i) batch.messages.push_back(held_message(i));
    reset(batch);
  }
  measure.report(static_cast<std::size_t>(state.iterations()) * messages);
  if (held != 0) loom::benchmarks::fail(state, "messages were not let go");
}
BENCHMARK(batch_messages_only)->ArgName("messages")->Arg(200)->Arg(20000);

// ---- Key order

void key_order(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  Filling filling;
  filling.fill(rows);
  const auto& set = filling.batch.rows.all().front();
  // A few vectors a batch.
  loom::benchmarks::Measure measure(state, 0.05);
  for (auto _ : state) {
    auto ordered = loom::sink::in_key_order(shape().plan->tables[0], set);
    benchmark::DoNotOptimize(ordered);
  }
  const auto batches = static_cast<std::size_t>(state.iterations());
  measure.report(batches * rows, batches * set.bytes.size());
}
BENCHMARK(key_order)->ArgName("rows")->Arg(1000)->Arg(5000)->Arg(20000);

/// All rows are there once; those of a device stand together and in order of time.
std::optional<std::string> wrong_order() {
  Filling filling;
  filling.fill(kMessages);
  const auto& set = filling.batch.rows.all().front();
  std::vector<std::string_view> ordered;
  for (const auto row : loom::sink::in_key_order(shape().plan->tables[0], set)) ordered.push_back(set.row(row));
  std::multiset<std::string_view> before;
  for (std::size_t i = 0; i < set.rows.size(); ++i) before.insert(set.row(i));
  if (before != std::multiset<std::string_view>(ordered.begin(), ordered.end())) return "rows were lost in ordering";
  std::map<std::string, std::string> last;  // device -> its last timestamp: big-endian, so they sort
  std::string present;
  for (const auto row : ordered) {
    const auto fields = loom::encode::split_row(row, true);
    const std::string device(fields[1]);
    const std::string at(fields[2]);
    const bool returned = device != present && last.count(device) != 0;
    if (returned || (device == present && at < last[device])) return "rows are not in key order";
    last[device] = at;
    present = device;
  }
  return std::nullopt;
}

std::optional<std::string> wrong() {
  if (auto why = loom::benchmarks::wrong_rows(shape())) return why;
  return wrong_order();
}

}  // namespace

int main(int argc, char** argv) { return loom::benchmarks::run(argc, argv, wrong); }
