#include "decode/connect/infinities.h"

namespace loom::decode {
namespace {

constexpr std::int64_t kLatestMicros = 9'223'372'036'825'200'000;
constexpr std::int64_t kEarliestMicros = -9'223'372'036'832'400'000;

}  // namespace

std::string_view infinite_time(std::int64_t count, int digits) {
  if (digits != 3 && digits != 6) return {};
  const std::int64_t micros_per_unit = digits == 3 ? 1000 : 1;
  if (count == kLatestMicros / micros_per_unit) return "infinity";
  return count == kEarliestMicros / micros_per_unit ? "-infinity" : std::string_view();
}

std::string_view infinite_date(std::int64_t days) {
  if (days == -622'191'234 || days == -2'147'472'692) return "infinity";
  return days == -625'821'272 || days == -2'147'472'691 ? "-infinity" : std::string_view();
}

}  // namespace loom::decode
