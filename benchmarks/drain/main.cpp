// Drains a topic by the service and, in turn with it, writes the same rows by plain COPY; benchmarks/drain.sh starts
// it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "backlog.h"
#include "cases.h"
#include "ceiling.h"
#include "database.h"
#include "drain.h"
#include "far_database.h"
#include "machine.h"
#include "prepared_rows.h"
#include "profiler.h"
#include "report.h"
#include "schemas.h"
#include "tables.h"

namespace loom::bench {
namespace {

void add_options(CLI::App& app, Options& options) {
  app.add_option("--messages", options.messages, "How many messages")->check(CLI::PositiveNumber);
  app.add_option("--repeat", options.repeat, "How often each measurement is taken")->check(CLI::Range(1, 100));
  app.add_flag("--with-key,!--no-with-key", options.with_key, "Measure the table with its primary key");
  app.add_flag("--without-key,!--no-without-key", options.without_key, "Measure the table without a key");
  app.add_option("--consumer", options.consumer, "The program under test")->required()->check(CLI::ExistingFile);
  app.add_option("--baseline", options.baseline, "Another build of it, to compare with")->check(CLI::ExistingFile);
  app.add_option("--mapping", options.mapping, "Its mapping file")->required()->check(CLI::ExistingFile);
  static const std::map<std::string, formats::Format> kBacklogFormats{
      {"json", formats::Format::json}, {"avro", formats::Format::avro}, {"protobuf", formats::Format::protobuf}};
  app.add_option("--format", options.format, "The messages' format: json, avro or protobuf")
      ->transform(CLI::CheckedTransformer(kBacklogFormats));
  app.add_option("--work-dir", options.work_dir, "Where logs go")->required()->check(CLI::ExistingDirectory);
  app.add_option("--results", options.results, "Where the figures go as JSON");
  app.add_option("--database-url", options.database_url, "PostgreSQL")->required()->envname("LOOM_DATABASE_URL");
  app.add_option("--database-delay", options.database_delay, "Milliseconds that a round trip to it takes longer")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--bootstrap-servers", options.bootstrap_servers, "Kafka")
      ->required()
      ->envname("LOOM_KAFKA_BOOTSTRAP_SERVERS");
  app.add_option("--postgres-pid", options.postgres_pid, "PostgreSQL's process, to count its CPU time");
  app.add_option("--kafka-pid", options.kafka_pid, "Kafka's process, to count its CPU time");
  app.add_flag("--profile", options.profile, "Record the first drain of each section, and the best ceiling, with perf");
}

/// One write and one drain that do not count. Returns what a right table holds.
std::vector<Checksum> warm_up(Options options, Database& database, const PreparedRows& rows, const std::string& name) {
  options.profile = false;
  fmt::print(stderr, "{}: writing once, for the checksum and to warm up\n", name);
  write_prepared(options, rows, 2, 5'000);
  std::vector<Checksum> wanted = checksums_of_ceiling(database, options);
  std::int64_t there = 0;
  for (const Checksum& one : wanted) there += one.rows;
  if (there != static_cast<std::int64_t>(options.messages)) throw std::runtime_error("rows were lost on the way");
  // A broker that has just started compiles its own code in the first drain: 0.4 CPU seconds instead of 0.1.
  fmt::print(stderr, "{}: draining once, to warm up\n", name);
  drain_topic(options, name + "-warm-up");
  must_hold_the_same(database, options, wanted);
  return wanted;
}

Section measure_section(Options options, const PreparedRows& rows, bool with_key) {
  Database database(options.database_url);
  const std::string name = with_key ? "key" : "no-key";
  create_tables(database, options, with_key);
  const std::vector<Checksum> wanted = warm_up(options, database, rows, name);

  const auto profile_ceiling = [&](const CeilingRun& way) {
    Profiler profiler(options, name + "-ceiling");
    write_prepared(options, rows, way.connections, way.rows_each);
    profiler.stop();
    options.profile = false;  // one of each is enough, and it slows down
  };
  Section section{.with_key = with_key, .drains = {}, .baselines = {}, .ceilings = {}};
  Options other = options;
  other.consumer = options.baseline;
  other.profile = false;
  for (int i = 1; i <= options.repeat; ++i) {
    const auto drain = [&](const Options& with, const std::string& run) {
      empty_tables(database, options, with_key);
      const DrainRun drained = drain_topic(with, fmt::format("{}-{}", run, i));
      must_hold_the_same(database, options, wanted);
      return drained;
    };
    section.drains.push_back(drain(options, name));
    if (!options.baseline.empty()) section.baselines.push_back(drain(other, name + "-baseline"));
    section.ceilings.push_back(measure_ceiling(options, rows));
    const CeilingRun& best = best_of(section.ceilings.back());
    if (options.profile) profile_ceiling(best);
    const DrainRun& last = section.drains.back();
    fmt::print(stderr, "{} {}/{}: drained {:.0f} rows/s, {:.1f} % of the ceiling, {:.1f} % idle\n", name, i,
               options.repeat, last.rows_per_second, 100 * last.rows_per_second / best.rows_per_second,
               100 * last.idle_share);
  }
  return section;
}

/// What benchmarks/run.sh asks for.
void add_case_options(CLI::App& app, Options& options, std::vector<std::string>& variants) {
  const auto share_by = [&options](int partitions) {
    if (partitions != static_cast<int>(options.shares.size())) options.shares.assign(partitions, 1);
  };
  app.add_option_function<int>("--partitions", share_by, "Partitions of a topic; 6 are filled unevenly")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--by-key", options.by_key, "Fill the partitions by the messages' keys");
  app.add_option("--duplicates", options.duplicates, "How many messages are an earlier one once more")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--repeat-within", options.repeat_within, "Of how many messages before it")
      ->check(CLI::PositiveNumber);
  app.add_flag("--read-again", options.read_again, "The tables hold all rows before they are drained once more");
  app.add_option("--chunk", options.chunk, "Hypertables of TimescaleDB with chunks of this interval: 1 day");
  app.add_option("--bad-ratio", options.bad_ratio, "How many messages cannot become a row")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option(
      "--variant", variants,
      "NAME;replicas=N;program=PATH;VARIABLE=VALUE: drain so; may be repeated. Figures go to --results alone");
  app.add_flag("--warm-up", options.warm_up, "With --variant: one drain before that does not count");
  app.add_option("--steady", options.steady_rate, "With --variant: so many messages a second instead of a backlog")
      ->check(CLI::Range(1.0, 1e6));
  app.add_option("--seconds", options.seconds, "With --steady: how long")->check(CLI::Range(1.0, 3600.0));
}

void write_results(const Results& results) {
  const std::filesystem::path path = results.options.results;
  if (path.empty()) return;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  file << render_json(results);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

void run(const Options& options) {
  migrate(options);
  produce_backlog(options);
  {
    Database database(options.database_url);
    create_tables(database, options, true);  // the encoder wants to know the columns' types
  }
  const PreparedRows rows(options);
  Results results{.options = options,
                  .message_bytes = static_cast<double>(rows.message_bytes()) / static_cast<double>(options.messages),
                  .row_bytes = static_cast<double>(rows.row_bytes()) / static_cast<double>(options.messages),
                  .encoded_per_second = rows.encoded_per_second(),
                  .sections = {}};
  if (options.database_delay > 0) fmt::print("A round trip to PostgreSQL takes {} ms longer\n", options.database_delay);
  fmt::print("{}; {} messages of {:.0f} bytes become rows of {:.0f}; one core decodes and encodes {:.0f} a second\n",
             machine_name(), options.messages, results.message_bytes, results.row_bytes, results.encoded_per_second);
  for (const bool with_key : {true, false}) {
    if (!(with_key ? options.with_key : options.without_key)) continue;
    results.sections.push_back(measure_section(options, rows, with_key));
    fmt::print("{}", render(results.sections.back()));
    std::fflush(stdout);
  }
  write_results(results);
}

}  // namespace
}  // namespace loom::bench

int main(int argc, char** argv) {
  CLI::App app(
      "Rows a second from Kafka to PostgreSQL beside what plain COPY reaches. Start benchmarks/drain.sh instead.");
  loom::bench::Options options;
  std::vector<std::string> variants;
  loom::bench::add_options(app, options);
  loom::bench::add_case_options(app, options, variants);
  CLI11_PARSE(app, argc, argv);
  try {
    const loom::bench::FarDatabase far(options);
    options.way_to_database = far.url();
    options.mapping = loom::bench::mapping_with_format(options);
    loom::bench::Schemas schemas(options);
    options.schemas = &schemas;
    options.targets = loom::bench::targets_of(options.mapping);
    for (const std::string& one : variants) options.variants.push_back(loom::bench::parse_variant(one));
    options.variants.empty() ? loom::bench::run(options) : loom::bench::run_case(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
