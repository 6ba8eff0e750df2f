// What an answer of /metrics and /status costs, by topics and partitions of each.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "status/documents.h"

namespace {

using loom::status::Snapshot;

/// A replica that owns all partitions of so many topics and reports their lag.
struct Busy {
  Busy(std::int64_t topics, std::int32_t partitions) {
    auto lag = std::make_shared<loom::lag::GroupLag>();
    lag->group = snapshot.group = "kafka-to-db-consumer";
    lag->sampled_us = 1'795'273'200'000'000;
    for (std::int64_t i = 0; i < topics; ++i) add_topic(*lag, fmt::format("device.sensor-{:04}.raw", i), partitions);
    snapshot.lag = lag;
    snapshot.reports_lag = true;
    snapshot.state = "consuming";
    snapshot.counters = &counters;
  }

  void add_topic(loom::lag::GroupLag& lag, const std::string& name, std::int32_t partitions) {
    auto& of_topic = counters.of(name);
    of_topic.messages = 123'456'789;
    of_topic.rows = 123'456'780;
    of_topic.dead_letters[1] = 9;
    loom::status::TopicStatus topic;
    topic.topic = topic.mapping = name;
    topic.tables = {"device_sensor"};
    topic.state = "running";
    topic.counters = &of_topic;
    snapshot.topics.push_back(topic);
    for (std::int32_t p = 0; p < partitions; ++p) {
      loom::lag::PartitionLag one;
      one.topic = name;
      one.partition = p;
      one.committed = 1000;
      one.begin = 0;
      one.end = 1120;
      one.lag = 120;
      one.seconds = 0.4;
      one.retention_ratio = 0.107;
      one.state = loom::lag::State::ok;
      lag.partitions.push_back(one);
      snapshot.assignment.push_back({name, p, 1000, 1100, 20, false});
    }
  }

  loom::pipeline::Counters counters;
  Snapshot snapshot;
};

template <std::string (*Document)(const Snapshot&)>
void document(benchmark::State& state) {
  const Busy busy(state.range(0), static_cast<std::int32_t>(state.range(1)));
  std::size_t bytes = Document(busy.snapshot).size();
  if (bytes < 1000) std::abort();
  for (auto _ : state) {
    bytes = Document(busy.snapshot).size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

}  // namespace

BENCHMARK(document<loom::status::metrics_text>)
    ->Name("metrics")
    ->Args({40, 6})
    ->Args({2000, 6})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(document<loom::status::status_json>)
    ->Name("status")
    ->Args({40, 6})
    ->Args({2000, 6})
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
