#pragma once

#include <string>

#include "sink/attempt.h"

namespace loom::sink {

/// After a lock could not be had in time: who holds one that our statements wait for, or stands in line before them,
/// for the log and status: `; pid 4711 ("psql", user "ops", idle in transaction for 183 s) holds AccessExclusiveLock on
/// gps`. Empty: nobody is found any more, or it is not to be seen.
/// Blocks: one query on the job's connection.
std::string lock_holder(const Job& job);

}  // namespace loom::sink
