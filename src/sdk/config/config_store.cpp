#include "sdk/config/config_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "sink/sqlstate.h"

namespace loom::kafka {

namespace {

constexpr std::chrono::milliseconds kSilence{5'000};
/// In the statement's own transaction, so that it holds behind a PgBouncer in transaction mode, too. Compiling the
/// views takes seconds where reading them takes milliseconds.
constexpr std::string_view kSettings = "SET LOCAL statement_timeout = 4500; SET LOCAL jit = off; ";

/// In the order in which read_config() takes them.
constexpr std::string_view kColumns =
    "c.consumer_group_id, c.max_poll_records, c.session_timeout_ms, c.heartbeat_interval_ms, c.max_poll_interval_ms, "
    "c.request_timeout_ms, c.retry_backoff_ms, c.fetch_min_bytes, c.fetch_max_wait_ms, c.fetch_max_bytes, "
    "c.max_partition_fetch_bytes, c.auto_offset_reset, c.enable_auto_commit, c.auto_commit_interval_ms, "
    "c.partition_assignment_strategy, c.source";

std::string text(const sink::Result& rows, int row, int column) { return std::string(rows.text(row, column)); }

/// Takes a row's columns one after the other; NULL leaves what is there.
class RowReader {
 public:
  RowReader(const sink::Result& rows, int row) : rows_(rows), row_(row) {}

  void take(std::string& value) {
    if (!skip_null()) value = text(rows_, row_, column_++);
  }
  void take(bool& value) {
    if (!skip_null()) value = rows_.text(row_, column_++) == "t";
  }
  void take(std::int32_t& value) {
    using Limits = std::numeric_limits<std::int32_t>;
    if (skip_null()) return;
    value = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(rows_.integer(row_, column_++), Limits::min(), Limits::max()));
  }

 private:
  bool skip_null() {
    if (!rows_.is_null(row_, column_)) return false;
    ++column_;
    return true;
  }
  const sink::Result& rows_;
  int row_;
  int column_ = 1;  // behind the service's name
};

ConsumerConfig read_config(const sink::Result& rows, int row) {
  ConsumerConfig config = default_config(text(rows, row, 0));
  RowReader reader(rows, row);
  reader.take(config.consumer_group_id);
  reader.take(config.max_poll_records);
  reader.take(config.session_timeout_ms);
  reader.take(config.heartbeat_interval_ms);
  reader.take(config.max_poll_interval_ms);
  reader.take(config.request_timeout_ms);
  reader.take(config.retry_backoff_ms);
  reader.take(config.fetch_min_bytes);
  reader.take(config.fetch_max_wait_ms);
  reader.take(config.fetch_max_bytes);
  reader.take(config.max_partition_fetch_bytes);
  reader.take(config.auto_offset_reset);
  reader.take(config.enable_auto_commit);
  reader.take(config.auto_commit_interval_ms);
  reader.take(config.partition_assignment_strategy);
  reader.take(config.source);
  return config;
}

Priority priority_of(std::string_view name) {
  if (name == "critical") return Priority::critical;
  if (name == "high") return Priority::high;
  if (name == "medium") return Priority::medium;
  return Priority::low;
}

/// What `make` makes of each row.
template <typename Make>
auto each_row(const sink::Result& rows, const Make& make) {
  std::vector<decltype(make(0))> out;
  out.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) out.push_back(make(row));
  return out;
}

}  // namespace

ConfigStore::ConfigStore(std::string url) : url_(std::move(url)) {}

sink::Connection& ConfigStore::connection() {
  if (connection_ == nullptr || connection_->probe_lost()) {
    std::string why;
    connection_ =
        sink::Connection::open({.url = url_, .application_name = "loom-kafka-config", .silence = kSilence}, why);
    while (!why.empty() && why.back() == '\n') why.pop_back();
    if (connection_ == nullptr) throw StoreError(StoreError::Kind::away, "no connection to the database: " + why);
  }
  return *connection_;
}

sink::Result ConfigStore::ask(const std::string& sql) {
  sink::Result result = connection().execute(std::string(kSettings) + sql);
  if (result.kind() != sink::Result::Kind::error) return result;
  const sink::DatabaseError& error = result.error();
  if (connection_->lost()) {
    connection_.reset();
    throw StoreError(StoreError::Kind::away, "the connection to the database broke: " + error.text());
  }
  if (sink::not_set_up(error)) {
    throw StoreError(StoreError::Kind::not_set_up,
                     "the database is not set up for this: " + error.text() + " (run `kafka-to-db-consumer migrate`)");
  }
  throw StoreError(StoreError::Kind::refused, "the database refused: " + error.text());
}

ConsumerConfig ConfigStore::effective(const std::string& service_name) {
  const std::string name = connection().literal(service_name);
  const sink::Result rows =
      ask(fmt::format("SELECT {0}::text, {1} FROM effective_consumer_config({0}) AS c", name, kColumns));
  if (rows.rows() == 0) {
    throw StoreError(StoreError::Kind::refused, "effective_consumer_config() has no row for " + service_name);
  }
  return read_config(rows, 0);
}

std::vector<ConsumerConfig> ConfigStore::all() {
  const sink::Result rows =
      ask(fmt::format("SELECT s.name, {} FROM (SELECT service_name::text FROM pipeline_consumer_configs UNION "
                      "SELECT profile::text FROM consumer_config_profiles WHERE kind = 'service') AS s (name) "
                      "CROSS JOIN LATERAL effective_consumer_config(s.name) AS c ORDER BY s.name",
                      kColumns));
  return each_row(rows, [&](int row) { return read_config(rows, row); });
}

std::vector<Populated> ConfigStore::populate(bool overwrite) {
  const sink::Result rows = ask(fmt::format(
      "SELECT p.service_name, p.action FROM populate_consumer_configs({}) AS p ORDER BY p.service_name", overwrite));
  return each_row(rows, [&](int row) { return Populated{text(rows, row, 0), text(rows, row, 1)}; });
}

void ConfigStore::insert(const ProcessingMetrics& metrics) {
  ask(fmt::format("SELECT record_consumer_metrics({}, {}, '{}', '{}', '{}', {}, {})",
                  connection().literal(metrics.service_name), metrics.messages_processed, metrics.messages_per_second,
                  metrics.processing_time_ms, metrics.memory_usage_mb, metrics.errors, metrics.rebalances));
}

void ConfigStore::insert(const std::vector<LagRecord>& lag) {
  std::string values;
  const sink::Connection& open = connection();
  for (const LagRecord& at : lag) {
    fmt::format_to(std::back_inserter(values), "{}({}, {}, {}, {}, {}, {})", values.empty() ? "" : ", ",
                   open.literal(at.service_name), open.literal(at.consumer_group_id), open.literal(at.topic),
                   at.partition, at.current_offset, at.end_offset);
  }
  ask(fmt::format(
      "SELECT record_consumer_lag(service, member_of, array_agg(topic::text), array_agg(partition::integer), "
      "array_agg(current_offset::bigint), array_agg(end_offset::bigint)) FROM (VALUES {}) AS look (service, "
      "member_of, topic, partition, current_offset, end_offset) GROUP BY service, member_of",
      values));
}

void ConfigStore::maintain() { ask("SELECT maintain_consumer_metrics()"); }

std::vector<Recommendation> ConfigStore::recommendations() {
  const sink::Result rows =
      ask("SELECT service_name, priority, recommended_config::text, reason FROM consumer_recommendations()");
  return each_row(rows, [&](int row) {
    return Recommendation{text(rows, row, 0), priority_of(rows.text(row, 1)), text(rows, row, 2), text(rows, row, 3)};
  });
}

std::vector<AdvisedChange> ConfigStore::apply_recommendations(bool dry_run) {
  const sink::Result rows =
      ask(fmt::format("SELECT a.service_name, a.setting, a.before::text, a.after::text, a.reason FROM "
                      "apply_consumer_recommendations(NULL, {}) AS a",
                      dry_run));
  return each_row(rows, [&](int row) {
    return AdvisedChange{text(rows, row, 0), text(rows, row, 1), text(rows, row, 2), text(rows, row, 3),
                         text(rows, row, 4)};
  });
}

}  // namespace loom::kafka
