#include "source/client_config.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "source/library_needs.h"
#include "source/refused_property.h"

namespace loom::source {

namespace {

using Properties = std::map<std::string, std::string>;

Properties defaults() {
  return {
      {"client.id", "kafka-to-db-consumer"},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"session.timeout.ms", "60000"},
      {"max.poll.interval.ms", "300000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"allow.auto.create.topics", "false"},
      {"log.connection.close", "false"},
      {"statistics.interval.ms", "5000"},
  };
}

/// librdkafka counts what is prefetched per partition, so each gets its share of what the process can bear. Messages
/// are counted too: a small one costs more in bookkeeping than in bytes. And one message holds on to the whole answer
/// that it came in, so an answer is kept small as a whole. A partition's part of it is not: with little of each of many
/// partitions the broker spends more on asking and answering than on the messages (10 topics of 6 partitions, parts of
/// 140 KiB against 546 KiB: 1.2 against 0.3 s of its CPU per million messages, and a quarter more messages a second).
/// 36 MiB in all left the CPUs idle for 12 % of a drain instead of 10 %, 64 MiB took the process to the edge of its
/// 300 MB.
Properties prefetch(const ClientSettings& settings) {
  constexpr std::size_t kBytes = std::size_t{48} << 20U;
  constexpr std::size_t kAnswer = std::size_t{8} << 20U;
  constexpr std::size_t kParts = std::size_t{32} << 20U;  // of all partitions; an answer has those that fit into it
  constexpr std::size_t kMany = 500;
  const std::size_t partitions = std::max<std::size_t>(1, settings.partitions);
  const std::size_t share = kBytes / 1024 / partitions;
  return {
      {"fetch.max.bytes", std::to_string(kAnswer)},
      // Each question names all partitions: of thousands that are idle ten a second cost more than all the rest.
      {"fetch.wait.max.ms", partitions > kMany ? "500" : "100"},
      {"fetch.message.max.bytes",
       std::to_string(std::clamp<std::size_t>(kParts / partitions, std::size_t{128} << 10U, std::size_t{1} << 20U))},
      {"queued.max.messages.kbytes", std::to_string(std::clamp<std::size_t>(share, 256, 65536))},
      {"queued.min.messages", std::to_string(settings.prefetch_messages())},
  };
}

/// Exactly-once rests on these.
Properties fixed() {
  return {
      {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"}, {"enable.partition.eof", "true"},
  };
}

/// With group.protocol=consumer (KIP-848) the broker decides these, and librdkafka refuses them.
constexpr std::array<std::string_view, 3> kOfTheBroker{"session.timeout.ms", "heartbeat.interval.ms",
                                                       "partition.assignment.strategy"};

/// Early access from 2.4 on, generally available with 2.12 (its release notes).
constexpr int kFirstWithBrokerProtocol = 0x020c0000;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> error{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
    throw RefusedProperty(name, error.data());
  }
}

}  // namespace

std::size_t ClientSettings::prefetch_messages() const {
  // Of few partitions each must be far ahead of its reader; many are read in turns.
  const std::size_t messages = partitions <= 24 ? 200'000 : 100'000;
  return std::clamp<std::size_t>(messages / std::max<std::size_t>(1, partitions), 500, 100'000);
}

bool is_decided_by_broker(const std::string& property) {
  return std::find(kOfTheBroker.begin(), kOfTheBroker.end(), property) != kOfTheBroker.end();
}

bool uses_broker_protocol(const std::map<std::string, std::string>& properties) {
  const auto protocol = properties.find("group.protocol");
  return protocol != properties.end() && protocol->second == "consumer";
}

ConfHandle make_configuration(const ClientSettings& settings) {
  ConfHandle conf(rd_kafka_conf_new());
  Properties all = defaults();
  all.merge(prefetch(settings));
  // Before librdkafka 2.2 there is no such property, and FetchWaker does what it does.
  if (!library_needs().waking) all["fetch.queue.backoff.ms"] = "5";
  all["bootstrap.servers"] = settings.bootstrap_servers;
  all["group.id"] = settings.group_id;
  if (uses_broker_protocol(settings.properties)) {
    if (rd_kafka_version() < kFirstWithBrokerProtocol) {
      throw RefusedProperty("group.protocol=consumer",
                            "it is whole in 2.12 and newer only; with 2.8 a member was seen to keep partitions that "
                            "others had taken over");
    }
    for (const auto name : kOfTheBroker) all.erase(std::string(name));
  }
  for (const auto& [name, value] : settings.properties) all[name] = value;
  for (const auto& [name, value] : fixed()) all[name] = value;
  for (const auto& [name, value] : all) set(conf.get(), name, value);
  return conf;
}

}  // namespace loom::source
