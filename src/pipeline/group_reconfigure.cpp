// Settings and topics that change while the group is being consumed: a part of GroupConsumer.

#include <exception>
#include <utility>

#include "base/log.h"
#include "pipeline/group_consumer.h"

namespace loom::pipeline {

std::string_view to_string(GroupState state) {
  switch (state) {
    case GroupState::starting:
      return "starting";
    case GroupState::joining:
      return "joining";
    case GroupState::waiting_for_database:
      return "waiting_for_database";
    case GroupState::no_topics:
      return "no_topics";
    case GroupState::consuming:
      return "consuming";
    case GroupState::leaving:
      return "leaving";
  }
  return "joining";
}

bool needs_new_client(const ConsumerSettings& from, const ConsumerSettings& to) {
  source::ClientSettings same = to.client;
  same.partitions = from.client.partitions;
  return same != from.client;
}

void GroupConsumer::schemas_changed() {
  for (auto& worker : workers_) worker->schemas_changed();
}

void GroupConsumer::reconfigure(ConsumerSettings settings) { reconfigurations_.post(std::move(settings)); }

void GroupConsumer::take_reconfiguration() {
  reconfigurations_.collect(wanted_);
  if (wanted_.empty()) return;
  ConsumerSettings wanted = std::move(wanted_.back());  // only the last one counts
  wanted_.clear();
  const bool renew = needs_new_client(settings_, wanted);
  const bool other_topics = wanted.topics != settings_.topics || wanted.narrowed_by != settings_.narrowed_by;
  if (!renew) wanted.client.partitions = settings_.client.partitions;  // the client has its own for good
  source::ClientSettings before = std::exchange(settings_, std::move(wanted)).client;
  for (auto& worker : workers_) worker->reconfigure(settings_.worker);
  std::unique_ptr<source::GroupClient> fresh;
  try {
    if (renew) {
      fresh = std::make_unique<source::GroupClient>(settings_.client);
    } else if (other_topics) {
      join();
    }
  } catch (const std::exception& error) {
    settings_.client = std::move(before);
    log::error({}, "the new Kafka settings cannot be used, going on with the old ones: {}", error.what());
  }
  if (fresh != nullptr) replace_client(std::move(fresh));
}

/// Each partition has its share of the memory for prefetching, and a client its shares for good. A few partitions more
/// may take theirs on top, not a multiple: topics were made, or replicas left.
void GroupConsumer::fit_shares() {
  if (owned_.size() <= settings_.client.partitions * 2) return;
  log::info({}, "{} partitions share the memory for prefetching that was meant for {}", owned_.size(),
            settings_.client.partitions);
  settings_.client.partitions = owned_.size();
  std::unique_ptr<source::GroupClient> fresh;
  try {
    fresh = std::make_unique<source::GroupClient>(settings_.client);
  } catch (const std::exception& error) {
    log::error({}, "no Kafka client can be made for them now, going on with the one in use: {}", error.what());
    return;
  }
  replace_client(std::move(fresh));
}

/// The new client is made before the old one leaves: settings that it refuses cost nothing.
void GroupConsumer::replace_client(std::unique_ptr<source::GroupClient> fresh) {
  log::info({}, "the Kafka client is made anew for other settings");
  const bool all_stored = give_up(all_owned(), false);
  close_client();
  pending_.reset();
  // Batches in flight may hold messages of the old client: then it stays until the end.
  if (!all_stored) retired_.push_back(std::move(client_));
  client_ = std::move(fresh);
  join();
}

}  // namespace loom::pipeline
