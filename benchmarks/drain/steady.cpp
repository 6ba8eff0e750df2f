#include "steady.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "admin/kafka_admin.h"
#include "drain.h"
#include "mapping/loader.h"
#include "samples/messages.h"
#include "samples/producer.h"
#include "schemas.h"
#include "tables.h"

namespace loom::bench {
namespace {

constexpr double kWarmUpSeconds = 3;
constexpr std::uint32_t kDevices = 50;
constexpr auto kPatience = std::chrono::seconds(60);
// The service's producers would not collect for 50 ms either; librdkafka's own default is 5 ms.
constexpr const char* kLingerMs = "5";

std::int64_t wall_clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(at, 1, sorted.size()) - 1];
}

void wait_for_claims(Watch& watch, std::size_t partitions, const std::string& log) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (watch.claimed() < static_cast<std::int64_t>(partitions)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the consumer did not get its partitions within a minute; its log: " + log);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// Sends all, and notes when each one went.
class Sender {
 public:
  Sender(const Options& options, std::uint64_t count) : options_(options), sent_us_(count) {}

  /// `at_first_counted` is called before the first message behind the warm-up.
  void send(std::uint64_t first_counted, const std::function<void()>& at_first_counted) {
    const mapping::LoadResult mapping = mapping::load_mapping_file(options_.mapping);
    if (!mapping.file) throw std::runtime_error("cannot load " + options_.mapping);
    samples::SampleGenerator generator(mapping.file->topics.at(0), {.repeat_ratio = options_.duplicates,
                                                                    .repeat_within = options_.repeat_within,
                                                                    .devices = kDevices,
                                                                    .encoder = options_.schemas->encoder(0)});
    samples::ProduceOptions produce;
    produce.bootstrap_servers = options_.bootstrap_servers;
    produce.rdkafka = {{"linger.ms", kLingerMs}};
    produce.topic = options_.targets.at(0).topic;
    produce.count = sent_us_.size();
    produce.rate = options_.steady_rate;
    produce.partitions = static_cast<int>(options_.shares.size());
    if (!options_.by_key) produce.shares = options_.shares;
    produce.on_send = [&](std::uint64_t index) {
      if (index == first_counted) at_first_counted();
      sent_us_[index] = wall_clock_us();
    };
    rows_ = samples::produce_samples(generator, produce).rows;
  }

  /// What the messages become: one that repeats another becomes no row.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  [[nodiscard]] const std::vector<std::int64_t>& sent_us() const { return sent_us_; }

  /// 99th percentile, in milliseconds, of what the messages from that one on were behind the rate.
  [[nodiscard]] double late_p99(std::uint64_t from) const {
    std::vector<double> late;
    for (std::uint64_t i = from; i < sent_us_.size(); ++i) {
      const double due = static_cast<double>(i) / options_.steady_rate * 1e6;
      late.push_back((static_cast<double>(sent_us_[i] - sent_us_[0]) - due) / 1000);
    }
    std::sort(late.begin(), late.end());
    return percentile(late, 0.99);
  }

 private:
  const Options& options_;
  std::vector<std::int64_t> sent_us_;
  std::uint64_t rows_ = 0;
};

/// Milliseconds of the messages from that one on, sorted. A row's own timestamp tells which message it was: they are
/// evenly spaced, and one that repeats another leaves a gap.
std::vector<double> latencies(Database& database, const std::string& table, const Sender& sender, std::uint64_t from) {
  const std::vector<std::int64_t>& sent_us = sender.sent_us();
  const auto rows = database.table(
      R"(SELECT (extract(epoch FROM "timestamp") * 1000000)::bigint,
                (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM )" +
      table + " ORDER BY 1");
  if (rows.size() != sender.rows()) {
    throw std::runtime_error(fmt::format("{} messages were to become {} rows, but {} rows are there", sent_us.size(),
                                         sender.rows(), rows.size()));
  }
  std::vector<std::int64_t> times;
  times.reserve(rows.size());
  for (const auto& row : rows) times.push_back(std::stoll(row.at(0)));
  std::int64_t step = times.back() - times.front();
  for (std::size_t i = 1; i < times.size(); ++i) step = std::min(step, times[i] - times[i - 1]);
  std::vector<double> found;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto message = static_cast<std::uint64_t>((times[i] - times.front()) / step);
    if (message >= sent_us.size()) throw std::runtime_error(fmt::format("row {} is of no message", i));
    if (message < from) continue;
    found.push_back(static_cast<double>(std::stoll(rows[i].at(1)) - sent_us[message]) / 1000);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

SteadyRun measure_steady(const Options& given, const Variant& variant) {
  const auto warm_up = static_cast<std::uint64_t>(kWarmUpSeconds * given.steady_rate);
  Options options = given;
  options.messages = warm_up + static_cast<std::uint64_t>(given.seconds * given.steady_rate);
  const Target& target = options.targets.at(0);
  Database database(options.database_url);
  if (database.execute("SHOW track_commit_timestamp") != "on") {
    throw std::runtime_error("PostgreSQL has to run with track_commit_timestamp=on");
  }
  empty_tables(database, options, options.with_key);
  admin::KafkaAdmin admin(options.bootstrap_servers, {});
  if (!admin.create_topic(target.topic, static_cast<int>(options.shares.size()))) {
    throw std::runtime_error("topic " + target.topic + " is there already");
  }
  const std::string group = fmt::format("{}-{}", target.topic, getpid());
  const std::string log = options.work_dir + "/" + target.topic + ".log";
  Watch watch(options, group);
  Consumers consumers = start_consumers(options, variant, group, log);
  wait_for_claims(watch, options.shares.size(), log);

  Sender sender(options, options.messages);
  Snapshot from;
  std::int64_t commits = 0;
  sender.send(warm_up, [&] {
    commits = -watch.commits();
    from = take_snapshot(options, consumers);
  });
  const Snapshot to = take_snapshot(options, consumers);
  watch.until_drained(consumers, log);
  SteadyRun run{.messages = options.messages - warm_up, .spent = spent_between(from, to)};
  run.peak_megabytes = peak_megabytes_of(consumers);
  stop_consumers(consumers, log);
  commits += watch.commits();
  run.rows_a_transaction = static_cast<double>(run.messages) / static_cast<double>(std::max<std::int64_t>(1, commits));
  const auto& sent = sender.sent_us();
  run.sent_per_second = static_cast<double>(run.messages) * 1e6 / static_cast<double>(sent.back() - sent[warm_up]);
  run.late_p99 = sender.late_p99(warm_up);
  const std::vector<double> sorted = latencies(database, target.table, sender, warm_up);
  run.p50 = percentile(sorted, 0.5);
  run.p90 = percentile(sorted, 0.9);
  run.p99 = percentile(sorted, 0.99);
  run.p999 = percentile(sorted, 0.999);
  run.longest = sorted.back();
  return run;
}

}  // namespace loom::bench
