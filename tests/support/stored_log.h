#pragma once

#include <cstdint>
#include <string>

namespace loom::testing {

/// Takes the end of a partition's log away, in the data folder of a broker that was killed; it finds out by itself when
/// it starts. `end` has to be where records sent at once ended, in the log's first segment.
/// Fails: std::runtime_error.
void cut_stored_log(const std::string& data, const std::string& topic, std::int32_t partition, std::int64_t end);

}  // namespace loom::testing
