#include "geometry.h"

#include <gtest/gtest.h>

#include <numbers>

namespace georegion {
namespace {

const Point kBerlin{52.5200, 13.4050};
const Point kParis{48.8566, 2.3522};
const Polygon kSquare{{{0, 0}, {0, 10}, {10, 10}, {10, 0}}};

TEST(GeoregionDistanceTest, KnownDistancesAreRight) {
  EXPECT_NEAR(distance_meters(kBerlin, kParis), 877'460, 1'000);
  EXPECT_NEAR(distance_meters({0, 0}, {0, 180}), std::numbers::pi * 6'371'008.8, 1) << "half round the earth";
  EXPECT_NEAR(distance_meters({90, 0}, {90, 123}), 0, 1e-6) << "a pole has every longitude";
  EXPECT_EQ(distance_meters(kBerlin, kBerlin), 0);
  EXPECT_NEAR(distance_meters({0, 179.9995}, {0, -179.9995}), 111.2, 0.1) << "across the date line";
}

TEST(GeoregionCircleTest, ItsEdgeIsInside) {
  const double to_paris = distance_meters(kBerlin, kParis);
  EXPECT_TRUE(contains(Circle{kBerlin, to_paris}, kParis));
  EXPECT_FALSE(contains(Circle{kBerlin, to_paris - 0.001}, kParis));
  EXPECT_TRUE(contains(Circle{kBerlin, 0.5}, kBerlin));
}

TEST(GeoregionCircleTest, LiesOverAPoleAndOverTheDateLine) {
  EXPECT_TRUE(contains(Circle{{89.999, 0}, 1'000}, {89.999, 180}));
  EXPECT_TRUE(contains(Circle{{-17, 179.99}, 5'000}, {-17, -179.99}));
  EXPECT_FALSE(contains(Circle{{-17, 179.99}, 1'000}, {-17, -179.99}));
}

TEST(GeoregionPolygonTest, InsideAndOutside) {
  EXPECT_TRUE(contains(kSquare, {5, 5}));
  EXPECT_FALSE(contains(kSquare, {5, 10.001}));
  EXPECT_FALSE(contains(kSquare, {5, -0.001}));
  EXPECT_FALSE(contains(kSquare, {10.001, 5}));
  EXPECT_FALSE(contains(kSquare, {-5, 5}));
}

TEST(GeoregionPolygonTest, SidesAndCornersAreInside) {
  for (const Point point : {Point{0, 5}, Point{5, 0}, Point{10, 5}, Point{5, 10}}) {
    EXPECT_TRUE(contains(kSquare, point)) << point.latitude << ' ' << point.longitude;
  }
  for (const Point corner : kSquare.corners) {
    EXPECT_TRUE(contains(kSquare, corner)) << corner.latitude << ' ' << corner.longitude;
  }
  const Polygon triangle{{{0, 0}, {10, 10}, {0, 20}}};
  EXPECT_TRUE(contains(triangle, {5, 5})) << "on a slanted side";
  EXPECT_FALSE(contains(triangle, {5, 4.99}));
  EXPECT_FALSE(contains(triangle, {0, -1})) << "beyond a corner, on a side's line";
}

TEST(GeoregionPolygonTest, ARayThroughACornerIsCountedOnce) {
  const Polygon diamond{{{0, 5}, {5, 10}, {0, 15}, {-5, 10}}};
  EXPECT_FALSE(contains(diamond, {0, 0}));
  EXPECT_TRUE(contains(diamond, {0, 10}));
  EXPECT_FALSE(contains(diamond, {5, 0})) << "touches only the top corner";
}

TEST(GeoregionPolygonTest, DirectionDoesNotMatterNorDoesARepeatedFirstCorner) {
  Polygon reversed{{kSquare.corners.rbegin(), kSquare.corners.rend()}};
  EXPECT_TRUE(contains(reversed, {5, 5}));
  reversed.corners.push_back(reversed.corners.front());
  EXPECT_TRUE(contains(reversed, {5, 5}));
  EXPECT_FALSE(contains(reversed, {5, 11}));
}

TEST(GeoregionPolygonTest, DentsAreOutside) {
  const Polygon l_shape{{{0, 0}, {0, 10}, {5, 10}, {5, 5}, {10, 5}, {10, 0}}};
  EXPECT_TRUE(contains(l_shape, {2, 8}));
  EXPECT_TRUE(contains(l_shape, {8, 2}));
  EXPECT_FALSE(contains(l_shape, {8, 8}));
}

TEST(GeoregionPolygonTest, CrossesTheDateLine) {
  const Polygon fiji{{{-20, 177}, {-20, -178}, {-15, -178}, {-15, 177}}};
  EXPECT_TRUE(contains(fiji, {-17, 178}));
  EXPECT_TRUE(contains(fiji, {-17, -179}));
  EXPECT_TRUE(contains(fiji, {-17, 180}));
  EXPECT_TRUE(contains(fiji, {-17, -180}));
  EXPECT_FALSE(contains(fiji, {-17, 176}));
  EXPECT_FALSE(contains(fiji, {-17, -177}));
  EXPECT_FALSE(contains(fiji, {-17, 0}));
  const Polygon from_the_east{{{-20, -178}, {-20, 177}, {-15, 177}, {-15, -178}}};
  EXPECT_TRUE(contains(from_the_east, {-17, 178}));
  EXPECT_FALSE(contains(from_the_east, {-17, 0}));
}

TEST(GeoregionPolygonTest, TwoCornersHoldNothing) { EXPECT_FALSE(contains(Polygon{{{0, 0}, {0, 10}}}, {0, 5})); }

TEST(GeoregionPolygonTest, CentersAreThoseOfTheArea) {
  EXPECT_NEAR(center_of(kSquare).latitude, 5, 1e-9);
  EXPECT_NEAR(center_of(kSquare).longitude, 5, 1e-9);
  const Polygon l_shape{{{0, 0}, {0, 10}, {5, 10}, {5, 5}, {10, 5}, {10, 0}}};
  EXPECT_NEAR(center_of(l_shape).latitude, 25.0 / 6, 1e-9);
  const Polygon over_the_line{{{-1, 179}, {-1, -177}, {1, -177}, {1, 179}}};
  EXPECT_NEAR(center_of(over_the_line).longitude, -179, 1e-9);
  EXPECT_NEAR(center_of(Polygon{{{0, 0}, {0, 10}, {0, 20}}}).longitude, 10, 1e-9) << "without an area";
}

}  // namespace
}  // namespace georegion
