#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <limits>
#include <memory>

#include "app/commands.h"
#include "app/mapping_input.h"
#include "app/sample_format.h"
#include "lag/look.h"
#include "lag/report.h"
#include "mapping/topic_pattern.h"
#include "samples/messages.h"
#include "samples/producer.h"
#include "samples/sample_schema.h"

namespace loom::app {

namespace {

constexpr std::chrono::seconds kWatchEvery{2};

std::atomic<bool>& interrupted() {
  static std::atomic<bool> flag{false};  // a signal handler can reach nothing else
  return flag;
}

void stop_on_interrupt() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted() = true; });
}

/// How many partitions fit on the screen beside the headings, the total and a few notes; all when there is no screen.
std::size_t partitions_on_screen() {
  constexpr std::size_t kOtherLines = 6;
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0) return std::numeric_limits<std::size_t>::max();
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(size.ws_row, kOtherLines + 1) - kOtherLines;
}

int print_sample_schema(const mapping::TopicMapping& mapping, const std::string& topic, formats::Format format) {
  if (format == formats::Format::json) {
    std::cerr << "error: samples in JSON have no schema; --format takes avro and protobuf, too\n";
    return kWrongUsage;
  }
  std::cout << samples::sample_schema(mapping, topic, format).text << std::flush;
  return 0;
}

}  // namespace

int produce_sample(const settings::Config& config, const SampleCommandOptions& options) {
  const mapping::LoadResult loaded = load_mapping(config);
  if (!loaded.file) {
    for (const auto& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
    return kWrongConfiguration;
  }
  const mapping::TopicMapping* topic = mapping::find_topic(*loaded.file, options.topic);
  if (topic == nullptr) {
    std::cerr << "error: " << why_not_mapped(*loaded.file, options.topic) << '\n';
    return kWrongConfiguration;
  }
  if (topic->changes != mapping::Changes::none) {
    std::cerr << "error: samples are rows, and topic " << options.topic
              << " takes change events: let a connector of Debezium make them (docs/change-streams.md)\n";
    return kWrongUsage;
  }
  const formats::Format format = format_of_samples(*topic, options.format);
  if (options.print_schema) return print_sample_schema(*topic, options.topic, format);
  if (const auto warning = format_warning(*topic, format)) std::cerr << "warning: " << *warning << '\n';
  std::shared_ptr<samples::SampleEncoder> encoder;
  if (format != formats::Format::json) encoder = sample_encoder(*topic, options.topic, format, config.registry);
  stop_on_interrupt();
  samples::SampleGenerator generator(*topic,
                                     {.seed = options.seed, .bad_ratio = options.bad_ratio, .encoder = encoder});
  samples::ProduceOptions produce;
  produce.bootstrap_servers = config.bootstrap_servers;
  produce.rdkafka = config.rdkafka;
  produce.topic = options.topic;
  produce.count = options.count;
  produce.rate = options.rate.value_or(0);
  produce.partitions = options.partitions;
  produce.progress = isatty(STDERR_FILENO) != 0 ? stderr : nullptr;
  produce.stop = &interrupted();
  std::cout << render(samples::produce_samples(generator, produce), options.topic);
  return 0;
}

int show_lag(const settings::Config& config, const LagCommandOptions& options) {
  lag::LookOptions look{.bootstrap_servers = config.bootstrap_servers,
                        .rdkafka = config.rdkafka,
                        .group = options.group.value_or(config.group_id()),
                        .database_url = config.database.url};
  if (const auto selection = checked_selection_of(config); selection != nullptr) {
    look.is_ours = [selection](const std::string& topic) { return selection->takes(topic); };
  }
  if (!options.watch) {
    const lag::GroupLag found = lag::read_lag(look);
    std::cout << (options.json ? lag::render_json(found) : lag::render_table(found)) << std::flush;
    return 0;
  }
  stop_on_interrupt();
  const bool redraw = !options.json && isatty(STDOUT_FILENO) != 0;
  lag::watch_lag(look, kWatchEvery, interrupted(), [&](const lag::GroupLag& found) {
    // Home, and clear what is below: in place, and without the flicker of a screen that is empty for a moment.
    if (redraw) std::cout << "\x1b[H\x1b[J";
    std::cout << (options.json ? lag::render_json(found) : lag::render_table(found, partitions_on_screen()))
              << std::flush;
  });
  return 0;
}

}  // namespace loom::app
