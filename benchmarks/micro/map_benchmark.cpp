// From messages to COPY rows, the whole of a worker's work on one message: by shape of message.

#include "base/clock.h"
#include "encode/row_builder.h"
#include "measure.h"
#include "shapes.h"

namespace {

using loom::benchmarks::Shape;

const Shape& small() {
  static const Shape shape = loom::benchmarks::small_sensor_row(4096);
  return shape;
}
const Shape& avro() {
  static const Shape shape = loom::benchmarks::small_sensor_row_in(loom::formats::Format::avro, 4096);
  return shape;
}
const Shape& protobuf() {
  static const Shape shape = loom::benchmarks::small_sensor_row_in(loom::formats::Format::protobuf, 4096);
  return shape;
}
const Shape& nested() {
  static const Shape shape = loom::benchmarks::nested_40_fields(1024);
  return shape;
}
const Shape& words() {
  static const Shape shape = loom::benchmarks::array_of_200_words(50);
  return shape;
}
const Shape& payload() {
  static const Shape shape = loom::benchmarks::payload_1mb(4);
  return shape;
}

/// Rows go where a batch has them, and after each batch its memory is used again.
void map(benchmark::State& state, const Shape& shape, const std::shared_ptr<const loom::mapping::TopicPlan>& plan) {
  const loom::SystemClock clock;
  loom::encode::RowBuilder builder(plan, shape.name, clock, shape.registry());
  loom::encode::RowSets rows;
  std::uint32_t in_batch = 0;
  std::size_t next = 0;
  std::size_t bytes = 0;
  const auto map_one = [&] {
    bytes += shape.messages[next].size();
    auto reject = builder.append(shape.message(next), in_batch, rows);
    benchmark::DoNotOptimize(reject);
    if (++next == shape.messages.size()) next = 0;
    if (++in_batch == shape.batch) {
      in_batch = 0;
      rows.clear();
    }
  };
  // Until no buffer grows any more: batches differ in size.
  for (std::size_t i = 0; i < 2 * shape.messages.size() + shape.batch; ++i) map_one();
  bytes = 0;
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) map_one();
  measure.report(static_cast<std::size_t>(state.iterations()) * shape.rows_per_message(), bytes);
}

void map_300B_11_fields(benchmark::State& state) {
  map(state, small(), state.range(0) != 0 ? small().plan : loom::benchmarks::as_text(*small().plan));
}
BENCHMARK(map_300B_11_fields)->ArgName("binary")->Arg(1)->Arg(0);

void map_11_fields_avro(benchmark::State& state) { map(state, avro(), avro().plan); }
BENCHMARK(map_11_fields_avro);

void map_11_fields_protobuf(benchmark::State& state) { map(state, protobuf(), protobuf().plan); }
BENCHMARK(map_11_fields_protobuf);

void map_1kB_40_fields_nested(benchmark::State& state) { map(state, nested(), nested().plan); }
BENCHMARK(map_1kB_40_fields_nested);

void map_15kB_201_rows(benchmark::State& state) { map(state, words(), words().plan); }
BENCHMARK(map_15kB_201_rows);

void map_1MB_base64(benchmark::State& state) { map(state, payload(), payload().plan); }
BENCHMARK(map_1MB_base64);

std::optional<std::string> wrong() {
  for (const Shape* shape : {&small(), &avro(), &protobuf(), &nested(), &words(), &payload()}) {
    if (auto why = loom::benchmarks::wrong_rows(*shape)) return why;
  }
  Shape in_text = small();
  in_text.plan = loom::benchmarks::as_text(*in_text.plan);
  return loom::benchmarks::wrong_rows(in_text);
}

}  // namespace

int main(int argc, char** argv) { return loom::benchmarks::run(argc, argv, wrong); }
