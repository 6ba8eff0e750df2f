#include "samples/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples/names.h"

namespace loom::samples {
namespace {

using mapping::Transform;
using mapping::ValueType;
using ::testing::MatchesRegex;

std::string made(const SampleValue& value, std::uint64_t seed = 7) {
  SampleRandom random(seed);
  SampleContext context;
  context.time_us = 1'735'689'600'000'000;
  context.device = "device-1-000";
  std::string out;
  value.append(out, context, random);
  return out;
}

std::string iso(std::int64_t time_us) {
  std::string out;
  append_iso_time(out, time_us);
  return out;
}

TEST(SampleValues, WritesTimesAsIso8601) {
  EXPECT_EQ(iso(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(iso(1'709'210'096'123'456), "2024-02-29T12:34:56.123456Z");
  EXPECT_EQ(iso(1'735'689'599'999'999), "2024-12-31T23:59:59.999999Z");
}

TEST(SampleValues, FollowTheNameOfTheColumn) {
  EXPECT_THAT(made(choose_value("latitude", "lat", ValueType::floating, Transform::none)),
              MatchesRegex("-?[0-9]{1,2}\\.[0-9]{6}"));
  EXPECT_EQ(made(choose_value("device_id", "device_id", ValueType::unspecified, Transform::none)), "\"device-1-000\"");
  EXPECT_THAT(made(choose_value("trace_id", "trace_id", ValueType::unspecified, Transform::none)),
              MatchesRegex("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\""));
  EXPECT_EQ(made(choose_value("timestamp", "timestamp", ValueType::timestamp, Transform::none)),
            "\"2025-01-01T00:00:00.000000Z\"");
}

TEST(SampleValues, AnEndComesAfterItsBeginning) {
  EXPECT_LT(made(choose_value("start_time", "start_time", ValueType::timestamp, Transform::none)),
            made(choose_value("end_time", "end_time", ValueType::timestamp, Transform::none)));
}

TEST(SampleValues, FitTheirType) {
  EXPECT_THAT(made(choose_value("n", "n", ValueType::integer, Transform::none)), MatchesRegex("[0-9]+"));
  EXPECT_THAT(made(choose_value("b", "b", ValueType::boolean, Transform::none)), MatchesRegex("true|false"));
  EXPECT_THAT(made(choose_value("t", "t", ValueType::array, Transform::none)), MatchesRegex("\\[(\"[a-z]+\",?)+\\]"));
  EXPECT_THAT(made(choose_value("e", "e", ValueType::float_array, Transform::none)),
              MatchesRegex("\\[(-?0\\.[0-9]{6},?)+\\]"));
  EXPECT_THAT(made(choose_value("d", "d", ValueType::bytes, Transform::base64_decode)),
              MatchesRegex("\"([A-Za-z0-9+/]{4})+\""));
}

TEST(SampleRandom, StaysBelowItsBound) {
  SampleRandom random(3);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(7), 7U);
}

TEST(SampleRandom, IsTheSameOnEveryMachine) {
  SampleRandom random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);  // the published first value of SplitMix64 for this seed
}

}  // namespace
}  // namespace loom::samples
