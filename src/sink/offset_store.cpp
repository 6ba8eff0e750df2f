#include "sink/offset_store.h"

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "sink/connection.h"
#include "sink/marks_text.h"

namespace loom::sink {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 8s;  // beyond the statement timeout of 5 s
constexpr std::string_view kTimeout = "SET LOCAL statement_timeout = 5000; ";
constexpr std::string_view kSelect =
    "SELECT topic, partition, next_offset, epoch, coalesce((extract(epoch FROM last_timestamp) * 1000)::bigint, -1), "
    "coalesce(array_to_string(record_marks, ','), ''), coalesce(decision, '') FROM kafka_consumer_offsets "
    "WHERE consumer_group = ";
constexpr std::string_view kOrder = " ORDER BY topic, partition";

/// Rows of versions that kept no marks have the last record's timestamp.
RecordMarks marks_of(const StoredPosition& position, std::string_view text) {
  const RecordMark guess{.offset = position.next_offset - 1, .timestamp_ms = position.last_timestamp_ms};
  const bool guessed = position.last_timestamp_ms >= 0 && position.next_offset > 0;
  if (auto marks = marks_in(text, position.epoch, position.next_offset)) {
    if (guessed && !marks->newest_is_last()) marks->set_newest(guess);
    return std::move(*marks);
  }
  return guessed ? RecordMarks(guess) : RecordMarks();
}

std::vector<StoredPosition> positions_of(const Result& rows) {
  std::vector<StoredPosition> positions;
  if (rows.kind() != Result::Kind::tuples) return positions;
  positions.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    StoredPosition& one = positions.emplace_back();
    one.where = {.topic = std::string(rows.text(row, 0)), .partition = static_cast<std::int32_t>(rows.integer(row, 1))};
    one.next_offset = rows.integer(row, 2);
    one.epoch = rows.integer(row, 3);
    one.last_timestamp_ms = rows.integer(row, 4);
    one.marks = marks_of(one, rows.text(row, 5));
    one.decision = rows.text(row, 6);
  }
  return positions;
}

std::string in_list(const Connection& connection, const std::vector<TopicPartition>& partitions) {
  std::string out;
  for (const auto& [topic, partition] : partitions) {
    out += out.empty() ? "((" : ", (";
    out.append(connection.literal(topic)).append(", ").append(std::to_string(partition)).append(")");
  }
  return out + ")";
}

}  // namespace

// libpq's own connection and not libpqxx's: 6.4 leaks a result whenever a connection breaks, and here that happens for
// as long as a database is away.
struct OffsetStore::Impl {
  std::string url;
  std::string group;
  std::unique_ptr<Connection> connection;

  void connect() {
    if (connection != nullptr && !connection->probe_lost()) return;
    std::string why;
    connection = Connection::open({.url = url, .application_name = "kafka-to-db-consumer", .silence = kSilence}, why);
    if (connection == nullptr) throw std::runtime_error("no connection to the database: " + why);
  }

  /// Runs one query string, over a new connection when the old one broke: all of them are safe to repeat.
  template <typename MakeSql>
  Result ask(const MakeSql& make_sql) {
    for (int attempt = 0;; ++attempt) {
      connect();
      Result result = connection->execute(std::string(kTimeout) + make_sql(*connection));
      if (result.kind() != Result::Kind::error) return result;
      if (connection->lost() && attempt == 0) continue;
      throw std::runtime_error("kafka_consumer_offsets: " + result.error().text());
    }
  }
  template <typename MakeSql>
  std::vector<StoredPosition> transact(const MakeSql& make_sql) {
    return positions_of(ask(make_sql));
  }

  /// Changes one row, on disk when it returns, if it still is at this offset and epoch.
  template <typename MakeAssignments>
  void update(const StoredPosition& at, const MakeAssignments& assignments) {
    transact([&](const Connection& open) {
      return "SET LOCAL synchronous_commit = on; UPDATE kafka_consumer_offsets SET " + assignments(open) +
             ", updated_at = clock_timestamp() WHERE consumer_group = " + open.literal(group) +
             " AND topic = " + open.literal(at.where.topic) + " AND partition = " + std::to_string(at.where.partition) +
             " AND next_offset = " + std::to_string(at.next_offset) + " AND epoch = " + std::to_string(at.epoch);
    });
  }

  [[nodiscard]] std::string select(const Connection& open) const {
    return std::string(kSelect).append(open.literal(group));
  }
};

OffsetStore::OffsetStore(std::string url, std::string consumer_group)
    : impl_(std::make_unique<Impl>(Impl{std::move(url), std::move(consumer_group), nullptr})) {}
OffsetStore::~OffsetStore() = default;

std::vector<StoredPosition> OffsetStore::load(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return {};
  return impl_->transact([&](const Connection& open) {
    return impl_->select(open) + " AND (topic, partition) IN " + in_list(open, partitions) + std::string(kOrder);
  });
}

std::vector<StoredPosition> OffsetStore::load_all() {
  return impl_->transact([&](const Connection& open) { return impl_->select(open) + std::string(kOrder); });
}

std::map<TopicPartition, std::int64_t> OffsetStore::dead_letters_until(const std::vector<StoredPosition>& partitions) {
  if (partitions.empty()) return {};
  const Result rows = impl_->ask([&](const Connection& open) {
    // Through the index, whatever the planner believes: the table may be large, and nearly always nothing is found.
    std::string sql =
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SELECT p.topic, p.partition, "
        "d.last + 1 FROM (VALUES ";
    for (const StoredPosition& one : partitions) {
      if (!sql.ends_with(' ')) sql += ", ";
      sql.append("(").append(open.literal(one.where.topic)).append(", ").append(std::to_string(one.where.partition));
      sql.append(", ").append(std::to_string(one.next_offset)).append("::bigint)");
    }
    return sql +
           ") p (topic, partition, next_offset), LATERAL (SELECT max(d.\"offset\") AS last FROM "
           "kafka_dead_letters d WHERE d.consumer_group = " +
           open.literal(impl_->group) +
           " AND d.topic = p.topic AND d.partition = p.partition AND d.\"offset\" >= p.next_offset) d "
           "WHERE d.last IS NOT NULL";
  });
  std::map<TopicPartition, std::int64_t> found;
  for (int row = 0; row < rows.rows(); ++row) {
    found[{std::string(rows.text(row, 0)), static_cast<std::int32_t>(rows.integer(row, 1))}] = rows.integer(row, 2);
  }
  return found;
}

std::vector<StoredPosition> OffsetStore::claim(const std::vector<StoredPosition>& partitions) {
  if (partitions.empty()) return {};
  std::vector<TopicPartition> wanted;
  wanted.reserve(partitions.size());
  for (const auto& position : partitions) wanted.push_back(position.where);
  impl_->transact([&](const Connection& open) {
    // Only once this is on disk may Kafka be told the group's position: it must never know more than the database.
    std::string sql =
        "SET LOCAL synchronous_commit = on; INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, "
        "next_offset, epoch) VALUES ";
    const std::string group = open.literal(impl_->group);
    for (const StoredPosition& one : partitions) {
      if (!sql.ends_with(' ')) sql += ", ";
      sql.append("(").append(group).append(", ").append(open.literal(one.where.topic)).append(", ");
      sql.append(std::to_string(one.where.partition)).append(", ").append(std::to_string(one.next_offset));
      sql.append(", ").append(std::to_string(one.epoch)).append(")");
    }
    return sql + " ON CONFLICT DO NOTHING";
  });
  return load(wanted);
}

void OffsetStore::restart(const StoredPosition& from, std::int64_t next_offset) {
  impl_->update(from, [&](const Connection& /*open*/) {
    const std::string marks = marks_literal(from.epoch + 1, next_offset, from.marks);
    return "next_offset = " + std::to_string(next_offset) +
           ", epoch = epoch + 1, last_timestamp = NULL, decision = NULL, " +
           "record_marks = " + (marks.empty() ? "NULL" : "'" + marks + "'::bigint[]");
  });
}

void OffsetStore::ask_operator(const StoredPosition& at) {
  impl_->update(at, [&](const Connection& open) { return "decision = " + open.literal(at.decision); });
}

}  // namespace loom::sink
