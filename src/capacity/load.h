#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loom::capacity {

/// What the table's key does with rows, as the mapping has it: none; every row is new; those that are there already are
/// left out, or overwritten.
enum class Key { none, insert, ignore, update };
std::string to_string(Key key);

/// What a deployment is asked to carry, and with what. What is not given follows from the rest, see `completed`.
struct Load {
  double rate = 0;           ///< messages a second, of all topics
  double message_bytes = 0;  ///< of a message, as it is in Kafka before compression
  double rows = 1;           ///< of a message
  std::optional<double> columns;
  std::optional<double> row_bytes;  ///< of a row's values
  Key key = Key::insert;
  std::optional<double> key_bytes;  ///< of the key's values
  bool random_keys = false;         ///< they come in no order, as UUIDs do
  std::optional<double> repeats;    ///< share of the rows whose key is there already
  double topics = 1;

  double headroom = 0.5;  ///< the share of each limit that is planned to be used
  std::optional<double> replicas_most;
  double replica_cores = 2;
  double database_cores = 16;       ///< of one database
  double database_memory_gib = 64;  ///< of one database
  double network_gbit = 10;         ///< of a database's, and of a replica's machine
  double disk_megabytes = 500;      ///< that one database's disk writes a second

  double retain_days = 30;
  std::optional<double>
      table_days;             ///< of these, how many are in the table that rows are put into: a chunk's, a partition's
  double compress_ratio = 1;  ///< how many times smaller what is older than a week becomes
};

/// Every value that cannot be used, in a line each, by the names of the command's options. Pure.
std::vector<std::string> problems(const Load& load);

/// With values in place of those that were not given. Pure.
Load completed(Load load);

}  // namespace loom::capacity
