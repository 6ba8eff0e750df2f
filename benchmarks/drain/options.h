#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loom::bench {

inline constexpr const char* kTopic = "device.sensor.accelerometer.raw";
inline constexpr const char* kTable = "device_sensor_accelerometer_raw";  ///< what the consumer fills
inline constexpr const char* kCeilingTable = "ceiling_rows";              ///< the same, filled by plain COPY

/// What one run measures, and with which servers. Constant after start-up.
struct Options {
  std::uint64_t messages = 1'000'000;
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

  /// The skew that the drain has to cope with: 14 %, 22 %, 10 %, 30 %, 14 %, 10 %.
  std::vector<unsigned> shares{14, 22, 10, 30, 14, 10};
};

}  // namespace loom::bench
