#pragma once

#include "capacity/load.h"

namespace loom::capacity {

inline constexpr double kSecondsOfADay = 86'400;

/// What one message costs.
struct Cost {
  double consumer_us = 0;      ///< CPU
  double database_us = 0;      ///< CPU, of all of PostgreSQL's processes
  double kafka_bytes = 0;      ///< on the network, from the broker
  double sent_bytes = 0;       ///< on the network, to the database
  double wal_bytes = 0;        ///< without full pages
  double full_page_bytes = 0;  ///< of WAL, for pages that are touched for the first time after a checkpoint
  double table_bytes = 0;      ///< that stay
  double index_bytes = 0;      ///< that stay
};

/// `load`: completed. Pure.
Cost cost_of(const Load& load);

}  // namespace loom::capacity
