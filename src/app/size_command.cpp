#include "app/size_command.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "app/commands.h"
#include "capacity/plan.h"
#include "capacity/render.h"
#include "text/values.h"

namespace loom::app {

namespace {

constexpr const char* kFooter =
    "What is measured and what is not, and how good the forecasts are: docs/capacity.md. No server is asked.\n\n"
    "  kafka-to-db-consumer size --rate 50k --bytes 300 --key insert --topics 10\n"
    "  kafka-to-db-consumer size --rate 1M --bytes 300 --topics 40 --values > values.yaml";

/// 50000, 50,000, 50k or 1.5M; nothing when it is no such number.
std::optional<double> parse_number(std::string text) {
  std::erase(text, ',');
  const std::string lowered = text::lower(text::trim(text));
  double number = 0;
  const char* const end = lowered.data() + lowered.size();
  const auto [rest, error] = std::from_chars(lowered.data(), end, number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  static const std::map<std::string, double> kUnits{{"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}};
  const auto unit = kUnits.find(std::string(rest, end));
  if (unit == kUnits.end()) return std::nullopt;
  return number * unit->second;
}

capacity::Key parse_key(const std::string& text) {
  static const std::map<std::string, capacity::Key> kKeys{{"none", capacity::Key::none},
                                                          {"insert", capacity::Key::insert},
                                                          {"ignore", capacity::Key::ignore},
                                                          {"update", capacity::Key::update}};
  const auto found = kKeys.find(text);
  if (found != kKeys.end()) return found->second;
  throw CLI::ValidationError("--key", fmt::format("is \"{}\", but takes none, insert, ignore or update", text));
}

/// `Number`: double, or one that need not be given.
template <typename Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& number, const std::string& meaning) {
  const auto take = [&number, name](const std::string& text) {
    const auto parsed = parse_number(text);
    if (!parsed)
      throw CLI::ValidationError(name, fmt::format("is \"{}\", but takes a number: 50000, 50k or 1.5M", text));
    number = *parsed;
  };
  return command.add_option_function<std::string>(name, take, meaning)->type_name("NUMBER");
}

}  // namespace

CLI::App* add_size(CLI::App& app, SizeOptions& line) {
  auto* size = app.add_subcommand(
      "size",
      "What a load needs: partitions, replicas, connections, cores, WAL and disk a day, and the chart's values");
  size->footer(kFooter);
  capacity::Load& load = line.load;
  add_number(*size, "--rate", load.rate, "Messages a second, of all topics")->required();
  add_number(*size, "--bytes", load.message_bytes, "Bytes of a message in JSON, before compression")->required();
  add_number(*size, "--rows", load.rows, "Rows of a message: more than 1 where it is a list (1)");
  add_number(*size, "--columns", load.columns, "Columns of a row (by --bytes)");
  add_number(*size, "--row-bytes", load.row_bytes, "Bytes of a row's values (by --bytes)");
  const auto take_key = [&load](const std::string& text) { load.key = parse_key(text); };
  size->add_option_function<std::string>("--key", take_key,
                                         "none; insert: a key, every row is new; ignore, update: the conflict "
                                         "strategy, some are there already (insert)")
      ->type_name("none|insert|ignore|update");
  add_number(*size, "--key-bytes", load.key_bytes, "Bytes of the key's values (17)");
  size->add_flag("--random-keys", load.random_keys, "Keys come in no order, as UUIDs do");
  add_number(*size, "--repeats", load.repeats,
             "Share of the rows that are there already (0.01 with --key ignore, 0.5 with update)");
  add_number(*size, "--topics", load.topics, "How many topics share the rate evenly (1)");
  add_number(*size, "--headroom", load.headroom, "Plan for this use of each limit (0.5)");
  add_number(*size, "--replicas-max", load.replicas_most, "No more replicas than that (twice those that are needed)");
  add_number(*size, "--replica-cores", load.replica_cores, "Processors of a replica (2)");
  add_number(*size, "--database-cores", load.database_cores, "Processors of one database (16)");
  add_number(*size, "--database-memory", load.database_memory_gib, "Its memory in GiB (64)");
  add_number(*size, "--disk", load.disk_megabytes, "MB/s that its disk writes (500)");
  add_number(*size, "--network", load.network_gbit, "Gbit/s of each machine (10)");
  add_number(*size, "--retain", load.retain_days, "Days that rows are kept (30)");
  add_number(*size, "--table-days", load.table_days,
             "How many of them one table has: a hypertable's chunk, a partition by day (all)");
  add_number(*size, "--compress-ratio", load.compress_ratio,
             "How many times smaller rows become after a week, as TimescaleDB compresses them (1)");
  auto* json = size->add_flag("--json", line.json, "As JSON, with the cost of a message");
  size->add_flag("--values", line.values, "Only the chart's values, as YAML")->excludes(json);
  return size;
}

int size_deployment(const SizeOptions& options) {
  const auto problems = capacity::problems(options.load);
  for (const std::string& problem : problems) std::cerr << "error: " << problem << '\n';
  if (!problems.empty()) return kWrongUsage;
  const capacity::Plan plan = capacity::make_plan(options.load);
  if (options.values) {
    std::cout << capacity::helm_values(plan);
    for (const auto& one : plan.passed) std::cerr << "warning: " << one.limit << ": " << one.advice << '\n';
  } else {
    std::cout << (options.json ? capacity::render_json(plan) : capacity::render(plan));
  }
  return 0;
}

}  // namespace loom::app
