#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/format.h"

namespace loom::bench {

class Schemas;

/// A topic of the mapping file, and the two tables for it.
struct Target {
  std::string topic;
  std::string table;    ///< what the consumer fills
  std::string ceiling;  ///< the same, filled by plain COPY
};

/// One way to run the consumer on a backlog.
struct Variant {
  std::string name = "default";
  int replicas = 1;
  std::string program{};                             ///< another build than Options::consumer; empty: that one
  std::map<std::string, std::string> environment{};  ///< added to this program's own
};

/// What one run measures, and with which servers. Constant after start-up.
struct Options {
  std::uint64_t messages = 1'000'000;  ///< in all topics together
  std::vector<Target> targets;         ///< the topics of the mapping file; main() fills it in
  int repeat = 3;
  bool with_key = true;
  bool without_key = true;
  std::string consumer;  ///< path of the program under test
  std::string baseline;  ///< of another build of it, drained with in turns; empty: none
  std::string mapping;   ///< its topic_mappings.yml
  std::string work_dir;  ///< logs and profiles
  std::string results;   ///< JSON file; empty: none
  std::string database_url;
  double database_delay = 0;    ///< milliseconds that a round trip to the database takes longer
  std::string way_to_database;  ///< what the service and the ceiling's writers use: through that delay
  std::string bootstrap_servers;
  pid_t postgres_pid = 0;  ///< 0: not ours, its CPU time stays unknown
  pid_t kafka_pid = 0;
  bool profile = false;

  formats::Format format = formats::Format::json;  ///< of the messages: json, avro or protobuf
  Schemas* schemas = nullptr;                      ///< of the messages; main() fills it in

  bool by_key = false;                   ///< partitions by the messages' keys, not by the shares
  double duplicates = 0;                 ///< how many messages are an earlier one once more
  std::uint64_t repeat_within = 10'000;  ///< one of so many before it
  std::string chunk{};                   ///< hypertables with chunks of this interval; empty: plain tables
  bool read_again = false;               ///< the tables hold all rows before the drain
  double bad_ratio = 0;                  ///< how many cannot become a row
  std::vector<Variant> variants{};       ///< not empty: the matrix's case that cases.h describes, with these drains
  bool warm_up = false;                  ///< a drain before those that count
  double steady_rate = 0;                ///< not 0: that many messages a second instead of a backlog
  double seconds = 25;                   ///< how long, behind a few that do not count

  /// The skew that the drain has to cope with: 14 %, 22 %, 10 %, 30 %, 14 %, 10 %.
  std::vector<unsigned> shares{14, 22, 10, 30, 14, 10};

  [[nodiscard]] std::uint64_t messages_each() const { return messages / targets.size(); }
  [[nodiscard]] bool refuses_or_repeats() const { return duplicates > 0 || bad_ratio > 0; }
};

}  // namespace loom::bench
