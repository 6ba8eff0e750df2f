#include "sink/offset_store.h"

#include <pqxx/pqxx>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "sink/control_connection.h"

namespace loom::sink {
namespace {

std::vector<StoredPosition> read(const pqxx::result& rows) {
  std::vector<StoredPosition> positions;
  for (const auto& row : rows) {
    positions.push_back(
        {{row[0].as<std::string>(), row[1].as<std::int32_t>()}, row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
  }
  return positions;
}

std::string in_list(pqxx::work& transaction, const std::vector<TopicPartition>& partitions) {
  std::string out;
  for (const auto& [topic, partition] : partitions) {
    if (!out.empty()) out += ", ";
    out += "(" + transaction.quote(topic) + ", " + std::to_string(partition) + ")";
  }
  return "(" + out + ")";
}

constexpr std::string_view kSelect =
    "SELECT topic, partition, next_offset, epoch FROM kafka_consumer_offsets WHERE consumer_group = ";
constexpr std::string_view kOrder = " ORDER BY topic, partition";

}  // namespace

struct OffsetStore::Impl {
  std::string url;
  std::string group;
  std::unique_ptr<pqxx::connection> connection;

  /// Runs one transaction, over a new connection when the old one has broken: all of them are safe to repeat.
  template <typename Body>
  std::vector<StoredPosition> transact(const Body& body) {
    for (int attempt = 0;; ++attempt) {
      const bool reused = connection != nullptr;
      if (!reused) connection = open_control_connection(url);
      try {
        pqxx::work transaction(*connection);
        transaction.exec("SET LOCAL statement_timeout = 5000");
        std::vector<StoredPosition> positions = body(transaction);
        transaction.commit();
        return positions;
      } catch (const std::exception& failure) {
        connection.reset();
        if (reused && attempt == 0) continue;
        throw std::runtime_error("kafka_consumer_offsets: " + without_secrets(failure.what(), url));
      }
    }
  }

  std::vector<StoredPosition> select(pqxx::work& transaction, const std::vector<TopicPartition>& partitions) const {
    return read(transaction.exec(std::string(kSelect) + transaction.quote(group) + " AND (topic, partition) IN " +
                                 in_list(transaction, partitions) + std::string(kOrder)));
  }
};

OffsetStore::OffsetStore(std::string url, std::string consumer_group)
    : impl_(std::make_unique<Impl>(Impl{std::move(url), std::move(consumer_group), nullptr})) {}
OffsetStore::~OffsetStore() = default;

std::vector<StoredPosition> OffsetStore::load(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return {};
  return impl_->transact([&](pqxx::work& transaction) { return impl_->select(transaction, partitions); });
}

std::vector<StoredPosition> OffsetStore::load_all() {
  return impl_->transact([&](pqxx::work& transaction) {
    return read(transaction.exec(std::string(kSelect) + transaction.quote(impl_->group) + std::string(kOrder)));
  });
}

std::vector<StoredPosition> OffsetStore::claim(const std::vector<StoredPosition>& partitions) {
  if (partitions.empty()) return {};
  impl_->transact([&](pqxx::work& transaction) {
    std::string rows;
    for (const auto& [where, next_offset, epoch] : partitions) {
      if (!rows.empty()) rows += ", ";
      rows += "(" + transaction.quote(impl_->group) + ", " + transaction.quote(where.topic) + ", " +
              std::to_string(where.partition) + ", " + std::to_string(next_offset) + ", " + std::to_string(epoch) + ")";
    }
    // Only once this is on disk may Kafka's copy of the group's position be written: see the design of take-overs.
    transaction.exec("SET LOCAL synchronous_commit = on");
    transaction.exec(
        "INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset, epoch) VALUES " + rows +
        " ON CONFLICT DO NOTHING");
    return std::vector<StoredPosition>{};
  });
  std::vector<TopicPartition> wanted;
  wanted.reserve(partitions.size());
  for (const auto& position : partitions) wanted.push_back(position.where);
  return load(wanted);
}

}  // namespace loom::sink
