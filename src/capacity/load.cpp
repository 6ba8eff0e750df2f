#include "capacity/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "capacity/coefficients.h"

namespace loom::capacity {
namespace {

/// Collects what is wrong.
class Check {
 public:
  void number(std::string_view option, double value, double low, double high, std::string_view meaning) {
    if (std::isfinite(value) && value >= low && value <= high) return;
    found_.push_back(
        fmt::format("{} is {:.6g}, but takes {} from {:.15g} to {:.15g}", option, value, meaning, low, high));
  }
  void number(std::string_view option, const std::optional<double>& value, double low, double high,
              std::string_view meaning) {
    if (value) number(option, *value, low, high, meaning);
  }
  void whole(std::string_view option, double value) {
    if (std::isfinite(value) && value != std::floor(value)) {
      found_.push_back(fmt::format("{} is {:.6g}, but takes a whole number", option, value));
    }
  }
  void add(std::string problem) { found_.push_back(std::move(problem)); }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

}  // namespace

std::string to_string(Key key) {
  switch (key) {
    case Key::none:
      return "none";
    case Key::insert:
      return "insert";
    case Key::ignore:
      return "ignore";
    case Key::update:
      return "update";
  }
  return "none";
}

std::vector<std::string> problems(const Load& load) {
  Check check;
  check.number("--rate", load.rate, 0.001, 1e9, "messages a second,");
  check.number("--bytes", load.message_bytes, 1, 1e8, "the bytes of a message,");
  check.number("--rows", load.rows, 1, 1e6, "the rows of a message,");
  check.number("--columns", load.columns, 1, 1600, "the columns of a row,");
  check.number("--row-bytes", load.row_bytes, 1, 1e9, "the bytes of a row's values,");
  check.number("--key-bytes", load.key_bytes, 1, 2700, "the bytes of the key's values,");
  check.number("--repeats", load.repeats, 0, 1, "a share,");
  check.number("--topics", load.topics, 1, 100'000, "how many topics share the rate,");
  check.whole("--topics", load.topics);
  check.number("--headroom", load.headroom, 0.05, 1, "the share of each limit that is used,");
  check.number("--replicas-max", load.replicas_most, 1, 10'000, "replicas,");
  if (load.replicas_most) check.whole("--replicas-max", *load.replicas_most);
  check.number("--replica-cores", load.replica_cores, 1, 16, "the processors of a replica,");
  check.whole("--replica-cores", load.replica_cores);
  check.number("--database-cores", load.database_cores, 1, 1024, "the processors of one database,");
  check.number("--database-memory", load.database_memory_gib, 0.1, 100'000, "GiB,");
  check.number("--network", load.network_gbit, 0.01, 10'000, "Gbit/s,");
  check.number("--disk", load.disk_megabytes, 1, 1e6, "MB/s,");
  check.number("--retain", load.retain_days, 0.01, 36'500, "days,");
  check.number("--table-days", load.table_days, 0.01, 36'500, "days,");
  if (load.table_days && *load.table_days > load.retain_days) {
    check.add(
        fmt::format("--table-days is {:.6g}, more than the {:.6g} of --retain", *load.table_days, load.retain_days));
  }
  check.number("--compress-ratio", load.compress_ratio, 1, 1000, "how many times smaller rows become,");
  const bool meets = load.key == Key::ignore || load.key == Key::update;
  if (load.repeats && *load.repeats > 0 && !meets) {
    check.add(
        fmt::format("--repeats needs --key ignore or update: with --key {} no row meets another", to_string(load.key)));
  }
  if (load.key == Key::none && load.key_bytes) check.add("--key-bytes needs a key: --key insert, ignore or update");
  if (load.key == Key::none && load.random_keys) check.add("--random-keys needs a key: --key insert, ignore or update");
  return check.take();
}

Load completed(Load load) {
  const double of_message = load.message_bytes / load.rows;
  if (!load.columns)
    load.columns = std::clamp(std::round(of_message / kTypical.column_bytes), 2.0, kTypical.columns_most);
  if (!load.row_bytes) load.row_bytes = std::max(8.0, of_message * kTypical.row_share);
  if (!load.key_bytes) load.key_bytes = load.key == Key::none ? 0 : kTypical.key_bytes;
  if (!load.table_days) load.table_days = load.retain_days;
  if (!load.repeats) {
    load.repeats = load.key == Key::ignore ? kTypical.ignored : load.key == Key::update ? kTypical.updated : 0;
  }
  return load;
}

}  // namespace loom::capacity
