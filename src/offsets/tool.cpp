#include "offsets/tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <pqxx/pqxx>
#include <tuple>
#include <utility>

#include "admin/kafka_admin.h"
#include "base/plural.h"
#include "settings/database_url.h"
#include "sink/control_connection.h"

namespace loom::offsets {
namespace {

using Key = std::pair<std::string, std::int32_t>;

/// Runs `work` in one transaction.
template <typename Work>
auto transact(const std::string& url, const Work& work) {
  try {
    const auto connection = sink::open_control_connection(url);
    pqxx::work tx(*connection);
    auto result = work(tx);
    tx.commit();
    return result;
  } catch (const pqxx::undefined_table&) {
    throw std::runtime_error("the database has no table kafka_consumer_offsets: run `kafka-to-db-consumer migrate`");
  } catch (const pqxx::undefined_column&) {
    throw std::runtime_error("kafka_consumer_offsets is of an older version: run `kafka-to-db-consumer migrate`");
  } catch (const pqxx::failure& error) {
    throw std::runtime_error("kafka_consumer_offsets: " + settings::failure_text(error.what(), url));
  }
}

std::vector<PartitionOffsets> stored_offsets(pqxx::work& tx, const std::string& group) {
  std::vector<PartitionOffsets> found;
  for (const auto& row :
       tx.exec("SELECT topic, partition, next_offset, epoch, (extract(epoch FROM updated_at) * "
               "1000000)::bigint, coalesce(decision, '') FROM kafka_consumer_offsets WHERE consumer_group = " +
               tx.quote(group))) {
    PartitionOffsets& one = found.emplace_back();
    one.topic = row[0].as<std::string>();
    one.partition = row[1].as<std::int32_t>();
    one.stored = row[2].as<std::int64_t>();
    one.epoch = row[3].as<std::int64_t>();
    one.updated_us = row[4].as<std::int64_t>();
    one.decision = row[5].as<std::string>();
  }
  return found;
}

void refuse_while_running(admin::KafkaAdmin& admin, const std::string& group, const std::string& why) {
  const auto members = admin.members(group);
  if (members.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(members.size(), 5); ++i) {
    names += (i > 0 ? ", " : "") + members[i];
  }
  throw OffsetResetRefused(
      fmt::format("group {} has {} ({}{}){}. Stop {} (scale the deployment to 0) and try again; one that was killed "
                  "counts until its session times out, 60 s by default",
                  group, plural(members.size(), "member"), names, members.size() > 5 ? ", ..." : "", why,
                  agree(members.size(), "it", "them")));
}

std::string place(const admin::TopicPartitionOffset& at) {
  return fmt::format("{} partition {}", at.topic, at.partition);
}

/// The partitions that a request with a topic is about.
std::vector<admin::TopicPartitionOffset> partitions_of(admin::KafkaAdmin& admin, const ResetRequest& request) {
  const auto count = admin.partition_count(*request.topic);
  if (!count) throw OffsetResetRefused("Kafka has no topic " + *request.topic);
  std::vector<admin::TopicPartitionOffset> wanted;
  for (std::int32_t partition = 0; partition < *count; ++partition) {
    if (!request.partition || *request.partition == partition) wanted.push_back({*request.topic, partition, 0});
  }
  if (wanted.empty()) {
    throw OffsetResetRefused(fmt::format("topic {} has partitions 0 to {}, and no partition {}", *request.topic,
                                         *count - 1, *request.partition));
  }
  return wanted;
}

void check_range(const admin::TopicPartitionOffset& at, const std::optional<admin::OffsetRangeOfLog>& range) {
  if (!range) throw OffsetResetRefused(place(at) + " does not answer: its log's range is not known");
  if (at.offset >= range->begin && at.offset <= range->end) return;
  throw OffsetResetRefused(
      fmt::format("{}: offset {} is not in the log, which has {} to {} (the end is the next message to come)",
                  place(at), at.offset, range->begin, range->end));
}

/// The new offsets of a request with a target, each inside its log.
std::vector<admin::TopicPartitionOffset> targets_of(admin::KafkaAdmin& admin, const ResetRequest& request) {
  std::vector<admin::TopicPartitionOffset> at = partitions_of(admin, request);
  if (request.to->kind == OffsetTarget::Kind::instant) at = admin.offsets_at(at, request.to->value / 1000);
  const auto ranges = admin.ranges(at);
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (ranges[i] && request.to->kind == OffsetTarget::Kind::earliest) at[i].offset = ranges[i]->begin;
    if (ranges[i] && request.to->kind == OffsetTarget::Kind::latest) at[i].offset = ranges[i]->end;
    if (request.to->kind == OffsetTarget::Kind::offset) at[i].offset = request.to->value;
    check_range(at[i], ranges[i]);
  }
  return at;
}

/// Whether a command about `wanted`, or about all topics, is about this one.
bool is_meant(const OffsetToolSettings& settings, const std::optional<std::string>& wanted, const std::string& topic) {
  return wanted ? topic == *wanted : !settings.is_ours || settings.is_ours(topic);
}

/// What the other group has committed, each inside its log; topics that are gone are left out.
std::vector<admin::TopicPartitionOffset> takeover_of(admin::KafkaAdmin& admin, const OffsetToolSettings& settings,
                                                     const ResetRequest& request, ResetReport& report) {
  std::vector<admin::TopicPartitionOffset> at;
  std::map<std::string, bool> there;
  for (auto& committed : admin.committed(*request.from_group)) {
    if (!is_meant(settings, request.topic, committed.topic)) continue;
    if (request.partition && committed.partition != *request.partition) continue;
    const auto [known, fresh] = there.try_emplace(committed.topic, true);
    if (fresh && !admin.partition_count(committed.topic)) {
      known->second = false;
      report.notes.push_back("topic " + committed.topic + " is left out: Kafka does not have it any more");
    }
    if (known->second) at.push_back(std::move(committed));
  }
  if (at.empty()) {
    std::string of_what;
    if (settings.is_ours) of_what = " for the topics of LOOM_TOPICS and LOOM_TOPICS_EXCLUDE";
    if (request.topic) of_what = " for topic " + *request.topic;
    throw OffsetResetRefused("group " + *request.from_group + " has nothing committed in Kafka" + of_what);
  }
  const auto ranges = admin.ranges(at);
  for (std::size_t i = 0; i < at.size(); ++i) check_range(at[i], ranges[i]);
  return at;
}

/// One statement for all, in the order in which writers lock them. `last_timestamp` belongs to the message before the
/// old offset.
void store(pqxx::work& tx, const std::string& group, std::vector<OffsetChange>& changes) {
  std::string values;
  for (const auto& change : changes) {
    values += values.empty() ? "(" : ", (";
    values += tx.quote(group) + ", " + tx.quote(change.topic) + ", " + std::to_string(change.partition) + ", " +
              std::to_string(change.after) + ", 1)";
  }
  const pqxx::result rows = tx.exec(
      "INSERT INTO kafka_consumer_offsets AS o (consumer_group, topic, partition, next_offset, epoch) VALUES " +
      values +
      " ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset, epoch = "
      "o.epoch + 1, last_timestamp = NULL, record_marks = NULL, decision = NULL, updated_at = clock_timestamp() "
      "RETURNING topic, partition, epoch");
  std::map<Key, std::int64_t> epochs;
  for (const auto& row : rows)
    epochs[{row[0].as<std::string>(), row[1].as<std::int32_t>()}] = row[2].as<std::int64_t>();
  for (auto& change : changes) change.epoch = epochs.at({change.topic, change.partition});
}

std::vector<OffsetChange> change_database(const OffsetToolSettings& settings,
                                          const std::vector<admin::TopicPartitionOffset>& targets, bool dry_run) {
  return transact(settings.database_url, [&](pqxx::work& tx) {
    tx.exec("SET LOCAL synchronous_commit = on");
    tx.exec("SET LOCAL lock_timeout = 5000");
    std::map<Key, PartitionOffsets> before;
    for (auto& one : stored_offsets(tx, settings.group)) before[{one.topic, one.partition}] = one;
    std::vector<OffsetChange> changes;
    for (const auto& target : targets) {
      const PartitionOffsets& old = before[{target.topic, target.partition}];
      changes.push_back({target.topic, target.partition, old.stored, target.offset, old.epoch + 1});
    }
    std::sort(changes.begin(), changes.end(), [](const OffsetChange& a, const OffsetChange& b) {
      return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
    });
    if (!dry_run) store(tx, settings.group, changes);
    return changes;
  });
}

/// How many dead letters were repaired among what is read again. Nothing where this role may not look.
std::uint64_t repaired_among(const OffsetToolSettings& settings, const std::vector<OffsetChange>& changes) {
  try {
    return transact(settings.database_url, [&](pqxx::work& tx) -> std::uint64_t {
      std::string values;
      for (const auto& change : changes) {
        if (!change.before || *change.before <= change.after) continue;
        values += values.empty() ? "(" : ", (";
        values += tx.quote(change.topic) + ", " + std::to_string(change.partition) + ", " +
                  std::to_string(change.after) + "::bigint, " + std::to_string(*change.before) + "::bigint)";
      }
      if (values.empty()) return 0;
      return tx
          .exec("SELECT count(*) FROM (VALUES " + values +
                ") v (topic, partition, first, behind) JOIN kafka_repaired_dead_letters r ON r.consumer_group = " +
                tx.quote(settings.group) +
                " AND r.topic = v.topic AND r.partition = v.partition AND r.\"offset\" >= v.first AND r.\"offset\" < "
                "v.behind")[0][0]
          .as<std::uint64_t>();
    });
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

std::optional<std::int64_t> PartitionOffsets::lag() const {
  if (!end) return std::nullopt;
  return std::max<std::int64_t>(0, *end - stored.value_or(kafka.value_or(begin.value_or(0))));
}

OffsetReport read_offsets(const OffsetToolSettings& settings, const std::optional<std::string>& topic) {
  admin::KafkaAdmin admin(settings.bootstrap_servers, settings.rdkafka);
  std::map<Key, PartitionOffsets> partitions;
  for (auto& one :
       transact(settings.database_url, [&](pqxx::work& tx) { return stored_offsets(tx, settings.group); })) {
    if (is_meant(settings, topic, one.topic)) partitions[{one.topic, one.partition}] = one;
  }
  for (const auto& committed : admin.committed(settings.group)) {
    if (!is_meant(settings, topic, committed.topic)) continue;
    PartitionOffsets& one = partitions[{committed.topic, committed.partition}];
    one.topic = committed.topic;
    one.partition = committed.partition;
    one.kafka = committed.offset;
  }
  OffsetReport report;
  report.group = settings.group;
  std::vector<admin::TopicPartitionOffset> asked;
  for (auto& [key, one] : partitions) {
    asked.push_back({key.first, key.second, 0});
    report.partitions.push_back(std::move(one));
  }
  const auto ranges = admin.ranges(asked);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!ranges[i]) continue;
    report.partitions[i].begin = ranges[i]->begin;
    report.partitions[i].end = ranges[i]->end;
  }
  return report;
}

ResetReport reset_offsets(const OffsetToolSettings& settings, const ResetRequest& request) {
  admin::KafkaAdmin admin(settings.bootstrap_servers, settings.rdkafka);
  ResetReport report;
  report.group = settings.group;
  report.dry_run = request.dry_run;
  refuse_while_running(admin, settings.group, "");
  if (request.from_group && *request.from_group != settings.group) {
    refuse_while_running(admin, *request.from_group, ": what they have not committed yet would be stored twice");
  }
  const auto targets = request.from_group ? takeover_of(admin, settings, request, report) : targets_of(admin, request);
  report.changes = change_database(settings, targets, request.dry_run);
  if (const auto repaired = repaired_among(settings, report.changes); repaired > 0) {
    report.notes.push_back(
        fmt::format("{} among what is read again {} repaired by a replay, and {} not come back after failing again: "
                    "where the rows were deleted, `dead-letters purge --repaired` forgets that first",
                    plural(repaired, "dead letter"), agree(repaired, "was", "were"), agree(repaired, "does", "do")));
  }
  if (request.dry_run) return report;
  try {
    admin.set_committed(settings.group, targets);
  } catch (const admin::KafkaError& error) {
    report.notes.push_back(std::string("the copy in Kafka is not set; the service will set it: ") + error.what());
  }
  return report;
}

}  // namespace loom::offsets
