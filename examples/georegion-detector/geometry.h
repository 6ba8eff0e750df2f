#pragma once

#include <vector>

namespace georegion {

/// In degrees: latitude -90 to 90, longitude -180 to 180.
struct Point {
  double latitude = 0;
  double longitude = 0;
};

/// Along the great circle, on a sphere of the earth's mean radius: wrong by 0.5 % at most.
double distance_meters(Point a, Point b);

/// A circle on the sphere: wherever it lies, over a pole and over the date line, too.
struct Circle {
  Point center;
  double radius_meters = 0;
};
bool contains(const Circle& circle, Point point);

/// A polygon by its corners, in either direction; the last is joined to the first. Its sides are straight lines on the
/// plane of longitude and latitude, as maps draw them. It may cross the date line: from one corner to the next it goes
/// the shorter way round the earth, so a side may not be longer than 180 degrees of longitude. A pole is in no polygon.
struct Polygon {
  std::vector<Point> corners;
};
/// A point on a side or on a corner is inside.
bool contains(const Polygon& polygon, Point point);
/// The centre of its area; of its corners when it has no area.
Point center_of(const Polygon& polygon);

}  // namespace georegion
