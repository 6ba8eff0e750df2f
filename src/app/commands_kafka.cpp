#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "app/commands.h"
#include "control/lag.h"
#include "control/sample_messages.h"
#include "control/sample_producer.h"
#include "mapping/loader.h"
#include "mapping/topic_pattern.h"

namespace loom::app {

namespace {

constexpr int kWrongConfiguration = 2;
constexpr std::chrono::seconds kWatchEvery{2};

std::atomic<bool>& interrupted() {
  static std::atomic<bool> flag{false};  // a signal handler can reach nothing else
  return flag;
}

void stop_on_interrupt() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted() = true; });
}

}  // namespace

int produce_sample(const control::Config& config, const SampleCommandOptions& options) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(config.topic_mappings);
  if (!loaded.file) {
    for (const auto& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
    return kWrongConfiguration;
  }
  const mapping::TopicMapping* topic = mapping::find_topic(*loaded.file, options.topic);
  if (topic == nullptr) {
    std::cerr << "error: no mapping of " << loaded.file->path << " names the topic " << options.topic << '\n';
    return kWrongConfiguration;
  }
  stop_on_interrupt();
  control::SampleGenerator generator(*topic, {.seed = options.seed, .bad_ratio = options.bad_ratio});
  control::ProduceOptions produce;
  produce.bootstrap_servers = config.bootstrap_servers;
  produce.rdkafka = config.rdkafka;
  produce.topic = options.topic;
  produce.count = options.count;
  produce.rate = options.rate.value_or(0);
  produce.partitions = options.partitions;
  produce.progress = isatty(STDERR_FILENO) != 0 ? stderr : nullptr;
  produce.stop = &interrupted();
  std::cout << render(control::produce_samples(generator, produce), options.topic);
  return 0;
}

int show_lag(const control::Config& config, const LagCommandOptions& options) {
  const control::LagOptions lag{.bootstrap_servers = config.bootstrap_servers,
                                .rdkafka = config.rdkafka,
                                .group = options.group.value_or(config.group_id()),
                                .database_url = config.database.url};
  const auto show = [&](const control::LagReport& report) {
    std::cout << (options.json ? control::render_json(report) : control::render_table(report)) << std::flush;
  };
  if (!options.watch) {
    show(control::read_lag(lag));
    return 0;
  }
  stop_on_interrupt();
  control::watch_lag(lag, kWatchEvery, interrupted(), show);
  return 0;
}

}  // namespace loom::app
