#pragma once

#include <string>
#include <vector>

#include "capacity/cost.h"
#include "capacity/load.h"

namespace loom::capacity {

/// A limit that the load passes, and what to do about it.
struct PassedLimit {
  std::string limit;
  std::string advice;
};

/// Of one deployment with its database; all of them are alike.
struct Deployment {
  double rate = 0;  ///< messages a second
  int topics = 1;
  double partition_rate = 0;  ///< messages a second that one partition carries at full use
  int partitions_of_topic = 1;
  int partitions = 1;  ///< of all its topics
  int replicas = 1;
  int replicas_most = 1;
  int replica_cores = 1;  ///< and so many workers
  int pool = 1;           ///< connections of a replica
  int max_connections = 1;

  double consumer_cores = 0;  ///< busy, of all replicas
  double database_cores = 0;  ///< busy
  double kafka_megabits = 0;  ///< a second, to the replicas
  double sent_megabits = 0;   ///< a second, to the database
  double disk_megabytes = 0;  ///< a second: WAL, and the pages of table and index

  double wal_day = 0;  ///< bytes a day
  double table_day = 0;
  double index_day = 0;
  double kept = 0;          ///< bytes of table and index, over the days that they are retained
  double index_in_use = 0;  ///< bytes of the index that rows are put into
};

struct Plan {
  Load load;  ///< completed
  Cost cost;  ///< of a message
  int databases = 1;
  Deployment each;
  std::vector<PassedLimit> passed;
};

/// `load`: without problems. Pure.
Plan make_plan(const Load& load);

}  // namespace loom::capacity
