#pragma once

#include <cstdint>
#include <string_view>

namespace loom::decode {

// What Debezium's connector for PostgreSQL makes of infinity: counts that no real time of the server's has. Those of a
// snapshot and of the stream differ for dates. Seen from Debezium 3.6.1.

/// `infinity`, `-infinity`, or nothing. A second has 10^digits of what is counted.
std::string_view infinite_time(std::int64_t count, int digits);
std::string_view infinite_date(std::int64_t days);

}  // namespace loom::decode
