// What is done now and then while partitions are owned: a part of GroupConsumer.

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "pipeline/balancer.h"
#include "pipeline/group_consumer.h"

namespace loom::pipeline {

void GroupConsumer::move_between_workers() {
  if (workers_.size() < 2) return;
  std::vector<Load> loads;
  std::vector<sink::TopicPartition> where;
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    for (const auto& partition : workers_[worker]->view().partitions) {
      const sink::TopicPartition key{.topic = partition.topic, .partition = partition.partition};
      const auto found = owned_.find(key);
      if (found == owned_.end() || found->second.worker != worker) continue;
      // A partition that is moving counts as its new worker's.
      loads.push_back({.worker = found->second.moving_to.value_or(worker),
                       .backlog = partition.backlog,
                       .movable = !found->second.moving_to && !partition.leaving});
      where.push_back(key);
    }
  }
  for (const auto& move : balance(loads, workers_.size())) {
    Owned& owned = owned_.at(where[move.load]);
    owned.moving_to = move.to;
    workers_[owned.worker]->release(where[move.load].topic, where[move.load].partition, false);
    log::debug({.topic = where[move.load].topic, .partition = where[move.load].partition}, "moves from worker {} to {}",
               owned.worker, move.to);
  }
}

void GroupConsumer::mirror() {
  Partitions moved;
  for (const auto& partition : work().partitions) {
    const auto found = owned_.find({.topic = partition.topic, .partition = partition.partition});
    if (found == owned_.end() || partition.stored == found->second.mirrored) continue;
    found->second.mirrored = partition.stored;
    moved.push_back({.topic = partition.topic, .partition = partition.partition, .offset = partition.stored});
  }
  client_->mirror(moved);
}

/// With synchronous_commit off a crash of PostgreSQL takes back its last commits. A partition in use notices with its
/// next batch; one that has become quiet is told here.
void GroupConsumer::audit() {
  std::vector<WorkerView> views;
  std::vector<sink::TopicPartition> wanted;
  for (const auto& worker : workers_) {
    views.push_back(worker->view());
    for (const auto& at : views.back().partitions) wanted.push_back({.topic = at.topic, .partition = at.partition});
  }
  if (wanted.empty()) return;
  std::map<sink::TopicPartition, sink::StoredPosition> found;
  try {
    store_new_starts(views);
    for (auto& row : offsets_.load(wanted)) found[row.where] = std::move(row);
    for (const auto& view : views) {
      for (const auto& at : view.partitions) {
        const auto row = found.find({.topic = at.topic, .partition = at.partition});
        if (row != found.end()) keep_decision(at, row->second.decision);
      }
    }
  } catch (const std::exception& error) {
    log::warn({}, "the stored offsets cannot be checked now: {}", error.what());
    return;
  }
  for (std::size_t worker = 0; worker < views.size(); ++worker) {
    for (const auto& at : views[worker].partitions) {
      const auto row = found.find({.topic = at.topic, .partition = at.partition});
      if (row == found.end()) {
        workers_[worker]->audit(at.topic, at.partition, at.stored, std::nullopt);
        continue;
      }
      const sink::StoredPosition& stored = row->second;
      const bool same = stored.next_offset == at.stored && stored.epoch == at.epoch;
      if (same && (stored.decision.empty() || !at.decision.empty())) continue;
      workers_[worker]->audit(at.topic, at.partition, at.stored,
                              batch::StoredOffset{.partition = at.partition,
                                                  .next_offset = stored.next_offset,
                                                  .epoch = stored.epoch,
                                                  .marks = stored.marks,
                                                  .decision = stored.decision});
    }
  }
}

namespace {

sink::StoredPosition position_of(const PartitionView& at) {
  sink::StoredPosition position;
  position.where = {.topic = at.topic, .partition = at.partition};
  position.next_offset = at.stored;
  position.epoch = at.epoch;
  position.marks = at.marks;
  return position;
}

}  // namespace

/// Positions that no longer mean anything are set anew; the comparison that follows tells the workers.
void GroupConsumer::store_new_starts(const std::vector<WorkerView>& views) {
  for (const auto& view : views) {
    for (const auto& at : view.partitions) {
      if (at.new_start) offsets_.restart(position_of(at), *at.new_start);
    }
  }
}

/// What an operator has to decide is kept for whoever has the partition next. `known`: what the database has.
void GroupConsumer::keep_decision(const PartitionView& at, const std::string& known) {
  if (at.decision.empty() || at.decision == known) return;
  sink::StoredPosition position = position_of(at);
  position.decision = at.decision;
  offsets_.ask_operator(position);
}

}  // namespace loom::pipeline
