#include "lag/sampler.h"

#include <algorithm>
#include <utility>

#include "base/plural.h"
#include "settings/database_url.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;
using admin::KafkaError;
using admin::TopicPartitionOffset;

constexpr auto kTopicsKept = 30s;
constexpr auto kTopicsKeptWhenSomeAreMissing = 10s;
constexpr auto kDatabasePause = 5s;

/// A client that is back soon after its broker is. What the user has set holds.
std::map<std::string, std::string> prompt(std::map<std::string, std::string> properties) {
  properties.insert({{"reconnect.backoff.ms", "100"},
                     {"reconnect.backoff.max.ms", "1000"},
                     {"socket.connection.setup.timeout.ms", "5000"}});
  return properties;
}

}  // namespace

Sampler::Sampler(SamplerSettings settings)
    : settings_(std::move(settings)),
      admin_(settings_.bootstrap_servers, admin::GroupReader::properties(prompt(settings_.rdkafka), settings_.group),
             settings_.timeout),
      group_(admin_, settings_.group, settings_.timeout) {
  if (!settings_.database_url.empty()) {
    store_ = std::make_unique<sink::OffsetStore>(settings_.database_url, settings_.group);
  }
}

Reading Sampler::read(const LocalPositions& local) {
  Reading reading;
  ask_until_ = Steady::now() + settings_.timeout * (settings_.ask_for_topics ? 1 : 2);
  if (Steady::now() >= covered_until_) {
    covered_.clear();
    covered_until_ = Steady::now() + settings_.seldom;
  }
  reading.kafka_answered = true;
  if (settings_.ask_for_topics) {
    reading.kafka_answered = ask_kafka(reading, [&] { take_from_kafka(reading, admin_.committed(settings_.group)); });
  }
  read_database(reading);
  // After the database: what this process stores meanwhile is newer.
  for (const LocalPosition& mine : local ? local() : std::vector<LocalPosition>{}) {
    if (PartitionReading* entry = find(reading, mine.topic, mine.partition)) take(*entry, mine);
  }
  read_owners(reading);
  reading.kafka_answered = read_topics(reading) && reading.kafka_answered;
  add_partitions(reading);
  if (!settings_.ask_for_topics) reading.kafka_answered = read_committed(reading) && reading.kafka_answered;
  // The ends come last: an offset read before them cannot be ahead of them, save for a topic that was made again.
  read_ranges(reading);
  mark_owners(reading);
  return reading;
}

void Sampler::take(PartitionReading& entry, const LocalPosition& mine) {
  if (entry.committed != mine.stored) entry.last_timestamp_ms = -1;
  entry.committed = mine.stored;
  entry.origin = OffsetOrigin::database;
  entry.first_unstored_ms = mine.first_unstored_ms;
  entry.assigned = true;
}

/// Asks, unless what was asked before took all the time. A server that is silent shall not be waited for five times.
template <typename Question>
bool Sampler::ask_kafka(Reading& reading, const Question& question) {
  std::string why = "no time left after what did not answer";
  const bool stopped = settings_.stop != nullptr && settings_.stop->load();
  if (!stopped && Steady::now() < ask_until_) {
    try {
      question();
      return true;
    } catch (const KafkaError& error) {
      why = error.what();
    }
  }
  if (reading.kafka_error.empty()) {
    reading.kafka_error = why;
    reading.notes.push_back("Kafka does not answer everything: " + why);
  }
  leaders_until_ = {};  // perhaps they have moved
  return false;
}

bool Sampler::covers(const std::string& topic) {
  const auto [found, is_new] = covered_.try_emplace(topic, true);
  if (is_new) found->second = settings_.covers(topic);
  return found->second;
}

bool Sampler::counts(const std::string& topic) {
  return (!settings_.covers || covers(topic)) && (!settings_.is_ours || settings_.is_ours(topic));
}

PartitionReading* Sampler::find(Reading& reading, const std::string& topic, std::int32_t partition) {
  if (!counts(topic)) return nullptr;
  return &reading.partitions[{topic, partition}];
}

void Sampler::take_from_kafka(Reading& reading, const std::vector<TopicPartitionOffset>& offsets) {
  for (const TopicPartitionOffset& one : offsets) {
    PartitionReading* entry = find(reading, one.topic, one.partition);
    if (entry == nullptr) continue;
    entry->committed = one.offset;
    entry->origin = OffsetOrigin::kafka;
  }
}

void Sampler::read_database(Reading& reading) {
  reading.database_answered = store_ == nullptr;
  if (store_ == nullptr) return;
  // Connecting to a server that is silent takes seconds, and the logs' ends shall be known more often than that.
  if (Steady::now() >= database_not_before_) {
    try {
      for (const sink::StoredPosition& stored : store_->load_all()) {
        PartitionReading* entry = find(reading, stored.where.topic, stored.where.partition);
        if (entry == nullptr) continue;
        entry->committed = stored.next_offset;
        entry->origin = OffsetOrigin::database;
        entry->last_timestamp_ms = stored.last_timestamp_ms;
      }
      reading.database_answered = true;
      return;
    } catch (const std::exception& error) {
      database_not_before_ = Steady::now() + kDatabasePause;
      database_error_ = settings::failure_text(error.what(), settings_.database_url);
    }
  }
  reading.notes.push_back("the database's offsets are not known, so Kafka's are shown: " + database_error_);
}

void Sampler::read_owners(Reading& reading) {
  owners_are_fresh_ = Steady::now() >= owners_until_;
  if (owners_are_fresh_) {
    owned_.reset();
    ask_kafka(reading, [&] {
      const admin::GroupAssignment assignment = group_.assignment();
      if (!assignment.settled) return;
      owned_.emplace();
      for (const TopicPartitionOffset& one : assignment.owned) owned_->insert({one.topic, one.partition});
    });
    if (owned_) owners_until_ = Steady::now() + settings_.seldom;
  }
  // Also what it has no offset of yet.
  if (!owned_) return;
  for (const PartitionKey& key : *owned_) find(reading, key.first, key.second);
}

void Sampler::mark_owners(Reading& reading) {
  if (!owned_) return;
  for (auto& [key, entry] : reading.partitions) {
    const bool owned = owned_->contains(key);
    if (owners_are_fresh_ && !entry.assigned) entry.assigned = owned;
    const bool behind = entry.end.value_or(0) > entry.committed.value_or(0);
    if (behind && !owned) owners_until_ = {};
  }
}

std::optional<std::int32_t> Sampler::leader_of(const PartitionKey& key) const {
  const auto topic = leaders_.find(key.first);
  if (topic == leaders_.end() || key.second < 0) return std::nullopt;
  const auto partition = static_cast<std::size_t>(key.second);
  if (partition >= topic->second.size()) return std::nullopt;
  return topic->second[partition];
}

std::set<PartitionKey> Sampler::unknown(const Reading& reading) const {
  std::set<PartitionKey> keys;
  for (const auto& [key, entry] : reading.partitions) {
    if (!leader_of(key)) keys.insert(key);
  }
  return keys;
}

/// Learns the cluster's topics when it is time, and marks what is not among them.
bool Sampler::read_topics(Reading& reading) {
  if (reading.partitions.empty() && !settings_.covers) return true;
  std::set<PartitionKey> missing = unknown(reading);
  if (Steady::now() >= leaders_until_ || missing != not_there_) {
    if (!ask_kafka(reading, [&] { leaders_ = admin_.leaders(); })) return false;
    missing = unknown(reading);
    not_there_ = missing;
    leaders_until_ = Steady::now() + (missing.empty() ? kTopicsKept : kTopicsKeptWhenSomeAreMissing);
  }
  for (const PartitionKey& key : missing) reading.partitions.at(key).gone = true;
  return true;
}

/// The partitions of the group's topics that it has no offset of, or whose offset nobody can tell at the moment.
void Sampler::add_partitions(Reading& reading) {
  std::set<std::string> topics;
  for (const auto& [key, entry] : reading.partitions) topics.insert(key.first);
  if (!reading.database_answered) topics.insert(topics_.begin(), topics_.end());
  topics_ = topics;
  for (const auto& [topic, leaders] : leaders_) {
    if (!topics.contains(topic) && !(settings_.covers && covers(topic))) continue;
    for (std::size_t i = 0; i < leaders.size(); ++i) {
      reading.partitions.try_emplace({topic, static_cast<std::int32_t>(i)});
    }
  }
}

/// Kafka's copy, where the database has nothing: of a predecessor's group that it has not taken over yet, or because it
/// does not answer.
bool Sampler::read_committed(Reading& reading) {
  std::vector<TopicPartitionOffset> wanted;
  for (const auto& [key, entry] : reading.partitions) {
    if (!entry.committed && !entry.gone) wanted.push_back({key.first, key.second, 0});
  }
  if (wanted.empty()) return true;
  return ask_kafka(reading, [&] { take_from_kafka(reading, group_.committed(wanted)); });
}

/// One question for each broker's partitions: one that is down takes no others with it.
void Sampler::read_ranges(Reading& reading) {
  std::map<std::int32_t, std::vector<TopicPartitionOffset>> by_leader;
  for (const auto& [key, entry] : reading.partitions) {
    const auto leader = leader_of(key);
    if (leader && *leader >= 0) by_leader[*leader].push_back({key.first, key.second, 0});
  }
  const bool begins = Steady::now() >= begins_until_ || begins_of_ != reading.partitions.size();
  bool answered = true;
  for (const auto& [leader, partitions] : by_leader) {
    answered = ask_kafka(reading, [&, &asked = partitions] { read_ranges(reading, asked, begins); }) && answered;
  }
  if (begins && answered) {
    begins_until_ = Steady::now() + settings_.seldom;
    begins_of_ = reading.partitions.size();
  }
  const auto silent = std::count_if(reading.partitions.begin(), reading.partitions.end(),
                                    [](const auto& one) { return !one.second.gone && !one.second.end; });
  if (silent > 0 && reading.kafka_error.empty()) {
    leaders_until_ = {};
    begins_until_ = {};
    reading.notes.push_back(plural(silent, "partition") + " without a leader that answers");
  }
}

void Sampler::read_ranges(Reading& reading, const std::vector<TopicPartitionOffset>& partitions, bool begins) {
  if (!begins) {
    for (const TopicPartitionOffset& end : admin_.end_offsets(partitions)) {
      reading.partitions[{end.topic, end.partition}].end = end.offset;
    }
    return;
  }
  const auto ranges = admin_.ranges(partitions);
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (!ranges[i]) continue;
    PartitionReading& entry = reading.partitions[{partitions[i].topic, partitions[i].partition}];
    entry.begin = ranges[i]->begin;
    entry.end = ranges[i]->end;
  }
}

}  // namespace loom::lag
