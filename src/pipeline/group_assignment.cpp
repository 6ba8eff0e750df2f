// From an assignment to partitions that are being read: the first part of GroupConsumer's life with them.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/plural.h"
#include "pipeline/group_consumer.h"

namespace loom::pipeline {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPositionWithin{5000};
constexpr milliseconds kCompareWithin{1000};

}  // namespace

/// Stored positions. What has none gets its first one, in the database before anything is fetched.
std::optional<GroupConsumer::Positions> GroupConsumer::load_or_claim(const Partitions& partitions) {
  std::vector<sink::TopicPartition> wanted;
  for (const auto& at : partitions) wanted.push_back(key_of(at));
  std::map<sink::TopicPartition, sink::StoredPosition> known;
  for (auto& row : offsets_.load(wanted)) known[row.where] = row;

  Partitions fresh;
  for (const auto& at : partitions) {
    if (!known.contains(key_of(at))) fresh.push_back(at);
  }
  if (!fresh.empty()) {
    const bool at_end = settings_.new_at_end && offsets_.load_all().empty();
    auto first = first_positions(fresh, at_end);
    if (!first || (at_end && !add_those_of_others(fresh, *first))) return std::nullopt;
    for (auto& row : offsets_.claim(*first)) known[row.where] = row;
  }
  Positions found;
  for (const auto& at : wanted) found.push_back(known.at(at));
  return found;
}

/// The group's first assignment, and new partitions are to begin at their end: so do all that are there now, whoever
/// gets them. What has no row later has appeared since, and is read from its start: nothing in it was sent before the
/// group was there. False: no broker says what there is.
bool GroupConsumer::add_those_of_others(const Partitions& own, Positions& first) {
  if (!settings_.mapped) return true;
  auto others = client_->find_partitions(settings_.mapped, kFirstPositionWithin);
  if (!others) return false;
  std::set<sink::TopicPartition> known;
  for (const auto& at : own) known.insert(key_of(at));
  std::erase_if(*others, [&](const source::TopicOffset& at) { return known.contains(key_of(at)); });
  if (others->empty()) return true;
  auto positions = first_positions(*others, true);
  if (!positions) {
    log::warn({},
              "the ends of {} of other members are not known now: those that no member asks for before "
              "the group has stored something will be read from their start",
              plural(others->size(), "partition"));
    return true;
  }
  std::move(positions->begin(), positions->end(), std::back_inserter(first));
  return true;
}

/// What the group has committed in Kafka (it takes over from a predecessor), else the first offset of the log, or its
/// end.
std::optional<GroupConsumer::Positions> GroupConsumer::first_positions(const Partitions& fresh, bool at_end) {
  auto committed = client_->committed(fresh, kFirstPositionWithin);
  if (!committed) return std::nullopt;
  Partitions unknown;
  std::erase_if(*committed, [&](const source::TopicOffset& at) {
    if (at.offset < 0) unknown.push_back(at);
    return at.offset < 0;
  });
  const auto first = client_->log_bound(unknown, at_end, kFirstPositionWithin);
  if (!first) return std::nullopt;
  Positions positions;
  const auto add = [&](const source::TopicOffset& at) {
    sink::StoredPosition& position = positions.emplace_back();
    position.where = key_of(at);
    position.next_offset = at.offset;
  };
  std::for_each(committed->begin(), committed->end(), add);
  std::for_each(first->begin(), first->end(), add);
  return positions;
}

/// Somebody may have reset the group's offsets in Kafka and wonder why nothing happens.
void GroupConsumer::compare_with_kafka(const Positions& positions) {
  Partitions asked;
  for (const auto& at : positions) asked.push_back({.topic = at.where.topic, .partition = at.where.partition});
  const auto committed = client_->committed(asked, kCompareWithin);
  if (!committed) return;
  std::map<sink::TopicPartition, std::int64_t> in_kafka;
  for (const auto& at : *committed) in_kafka[key_of(at)] = at.offset;
  std::size_t differ = 0;
  std::string example;
  for (const auto& at : positions) {
    const auto found = in_kafka.find(at.where);
    if (found == in_kafka.end() || found->second < 0 || found->second == at.next_offset) continue;
    if (differ++ > 0) continue;
    example = fmt::format("{} partition {}: {} in Kafka, {} in the database", at.where.topic, at.where.partition,
                          found->second, at.next_offset);
  }
  if (differ == 0) return;
  log::warn({},
            "for {} of {} the group's offsets in Kafka are not those in the database ({}). The offsets in the "
            "database are used. After a crash a difference is normal; to begin elsewhere, use `offsets reset`",
            differ, plural(positions.size(), "partition"), example);
}

/// Where messages are about to be read again that became dead letters: what becomes a row now waits no more.
std::map<sink::TopicPartition, std::int64_t> GroupConsumer::dead_letters_ahead(const Positions& positions) {
  try {
    return offsets_.dead_letters_until(positions);
  } catch (const std::exception& error) {
    log::warn({}, "whether dead letters are read again cannot be asked now, so they go on waiting: {}", error.what());
    return {};
  }
}

void GroupConsumer::take_assignment() {
  std::optional<Positions> found;
  try {
    found = load_or_claim(*pending_);
  } catch (const std::exception& error) {
    log::warn({}, "the assigned partitions wait: the stored offsets cannot be read now: {}", error.what());
  }
  if (!found) {
    pending_retry_ = clock_.now() + pending_backoff_.next();
    return;
  }
  const auto again = dead_letters_ahead(*found);
  // Queues first: a message fetched before its queue is split off would land on the main queue.
  std::vector<std::unique_ptr<PartitionReader>> readers;
  Partitions starts;
  for (const auto& at : *found) {
    PartitionLedger ledger(at.where.partition, at.next_offset, at.epoch, at.marks);
    if (const auto until = again.find(at.where); until != again.end()) ledger.expect_dead_letters(until->second);
    starts.push_back({.topic = at.where.topic,
                      .partition = at.where.partition,
                      .offset = ledger.position(),
                      .leader_epoch = ledger.position_epoch()});
    readers.push_back(std::make_unique<PartitionReader>(client_->open(at.where.topic, at.where.partition),
                                                        std::move(ledger), at.decision));
  }
  client_->assign(starts);
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::size_t worker = lightest_worker();
    owned_[(*found)[i].where] = {.worker = worker, .moving_to = std::nullopt, .mirrored = -1};
    workers_[worker]->add_partition(std::move(readers[i]));
  }
  log::info({}, "{} assigned, {} in all", plural(found->size(), "partition"), owned_.size());
  pending_.reset();
  compare_with_kafka(*found);
}

std::size_t GroupConsumer::lightest_worker() const {
  std::vector<std::size_t> counts(workers_.size(), 0);
  for (const auto& [where, owned] : owned_) ++counts[owned.moving_to.value_or(owned.worker)];
  return static_cast<std::size_t>(std::min_element(counts.begin(), counts.end()) - counts.begin());
}

}  // namespace loom::pipeline
