#include "sink/time_bounds.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_buffer.h"

namespace loom::sink {
namespace {

using mapping::ColumnType;

constexpr std::int64_t kSecond = 1'000'000;

mapping::PlanColumn time_column(const std::string& name, ColumnType type, std::int32_t type_modifier = -1) {
  mapping::PlanColumn column;
  column.info.name = name;
  column.info.type = type;
  column.info.type_modifier = type_modifier;
  return column;
}

class TimeBoundsTest : public ::testing::Test {
 protected:
  TimeBoundsTest() {
    table_.columns = {time_column("device", ColumnType::text), time_column("at", ColumnType::timestamptz),
                      time_column("value", ColumnType::int8)};
    table_.key = {0, 1};
  }
  /// device, at, value
  void add(std::optional<std::int64_t> at) {
    rows_.append_be16(3);
    rows_.append_be32(1);
    rows_.append(std::string_view("d"));
    if (at) {
      rows_.append_be32(8);
      rows_.append_be64(static_cast<std::uint64_t>(*at));
    } else {
      rows_.append_be32(0xFFFFFFFFU);
    }
    rows_.append_be32(8);
    rows_.append_be64(1);
  }
  [[nodiscard]] std::string bounds() const { return time_bounds(table_, encode::ColumnBits{}, {rows_.view()}); }

  mapping::TablePlan table_;
  ByteBuffer rows_;
};

TEST_F(TimeBoundsTest, AreTheFirstAndTheLastOfAllRows) {
  add(3 * kSecond);
  add(-1);
  add(std::nullopt);
  add(86'400 * kSecond + 5);
  EXPECT_EQ(bounds(),
            R"( AND t."at" >= '1999-12-31 23:59:59.999999+00' AND t."at" <= '2000-01-02 00:00:00.000005+00')");
}

TEST_F(TimeBoundsTest, LeaveRoomWhereTheColumnRounds) {
  table_.columns[1].info.type_modifier = 0;
  add(kSecond + 600'000);
  EXPECT_EQ(bounds(),
            R"( AND t."at" >= '2000-01-01 00:00:00.600000+00' AND t."at" <= '2000-01-01 00:00:02.600000+00')");
}

TEST_F(TimeBoundsTest, SayNothingOfWhatHasNoYearOfFourDigits) {
  add(0);
  add(std::numeric_limits<std::int64_t>::max());  // infinity
  EXPECT_EQ(bounds(), R"( AND t."at" >= '2000-01-01 00:00:00.000000+00')");
  add(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(bounds(), "");
}

TEST_F(TimeBoundsTest, AreNoneWithoutATimeInTheKeyOrWithoutAnyRow) {
  EXPECT_EQ(bounds(), "");
  add(std::nullopt);
  EXPECT_EQ(bounds(), "");
  add(0);
  table_.key = {0, 2};
  EXPECT_EQ(bounds(), "");
}

TEST_F(TimeBoundsTest, AreNoneOfTextAndOfRowsThatLeaveTheTimeToItsDefault) {
  add(0);
  encode::ColumnBits omitted;
  omitted.set(1);
  EXPECT_EQ(time_bounds(table_, omitted, {rows_.view()}), "");
  table_.binary = false;
  EXPECT_EQ(bounds(), "");
}

}  // namespace
}  // namespace loom::sink
