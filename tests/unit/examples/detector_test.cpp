#include "detector.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace georegion {
namespace {

using nlohmann::json;

const std::vector<Region> kRegions{
    {"home", "Home", "home", Circle{{52.52, 13.405}, 200}},
    {"city", "Berlin", "city", Polygon{{{52.3, 13.0}, {52.3, 13.8}, {52.7, 13.8}, {52.7, 13.0}}}},
    {"work", "Work", "work", Circle{{52.50, 13.30}, 200}},
};

constexpr const char* kGeocoded = R"({"trace_id": "t-1", "device_id": "phone", "timestamp": "2025-06-01T12:00:00Z",
  "schema_version": "v1", "message_type": "gps", "pipeline_hint": "places",
  "data": {"latitude": 52.5201, "longitude": 13.405, "formatted_address": "Unter den Linden", "confidence": 0.75},
  "metadata": {"original_gps_trace_id": "g-1"}})";

TEST(GeoregionDetectorTest, AMessageForEachRegionThatHoldsThePlace) {
  const auto found = detect(kGeocoded, kRegions);
  ASSERT_EQ(found.size(), 2U);
  const json home = json::parse(found[0].json);
  EXPECT_EQ(found[0].key, "phone");
  EXPECT_EQ(home["data"]["georegion_id"], "home");
  EXPECT_EQ(home["data"]["georegion_name"], "Home");
  EXPECT_EQ(home["data"]["georegion_type"], "home");
  EXPECT_EQ(home["data"]["latitude"], 52.5201);
  EXPECT_EQ(home["data"]["longitude"], 13.405);
  EXPECT_NEAR(home["data"]["distance_to_center_meters"].get<double>(), 11.1, 0.1);
  EXPECT_EQ(home["data"]["confidence_score"], 0.75);
  EXPECT_EQ(json::parse(found[1].json)["data"]["georegion_id"], "city");
}

TEST(GeoregionDetectorTest, TheEnvelopeAndItsHintsTravelOn) {
  const json home = json::parse(detect(kGeocoded, kRegions).at(0).json);
  EXPECT_EQ(home["trace_id"], "t-1");
  EXPECT_EQ(home["device_id"], "phone");
  EXPECT_EQ(home["timestamp"], "2025-06-01T12:00:00Z");
  EXPECT_EQ(home["pipeline_hint"], "places");
  EXPECT_EQ(home["metadata"]["original_gps_trace_id"], "g-1");
  EXPECT_EQ(home["metadata"]["trigger_source"], "location.address.geocoded");
}

TEST(GeoregionDetectorTest, NowhereKnownIsNoMessage) {
  json message = json::parse(kGeocoded);
  message["data"]["latitude"] = 10;
  EXPECT_TRUE(detect(message.dump(), kRegions).empty());
}

TEST(GeoregionDetectorTest, WhatIsNoPlaceFails) {
  EXPECT_ANY_THROW(detect("", kRegions));
  EXPECT_ANY_THROW(detect("{}", kRegions));
  json message = json::parse(kGeocoded);
  message["data"]["latitude"] = 91;
  EXPECT_ANY_THROW(detect(message.dump(), kRegions));
  message["data"]["latitude"] = "north";
  EXPECT_ANY_THROW(detect(message.dump(), kRegions));
  message["data"]["latitude"] = nullptr;
  EXPECT_ANY_THROW(detect(message.dump(), kRegions));
}

TEST(GeoregionDetectorTest, PolygonsAreReadWithTheirMistakesNamed) {
  EXPECT_EQ(parse_polygon("[[0, 0], [0, 1.5], [1, 1]]").corners.at(1).longitude, 1.5);
  EXPECT_ANY_THROW(parse_polygon("[[0, 0], [0, 1]]"));
  EXPECT_ANY_THROW(parse_polygon("[[0, 0], [0, 1], [1]]"));
  EXPECT_ANY_THROW(parse_polygon("not json"));
}

}  // namespace
}  // namespace georegion
