#include "geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace georegion {
namespace {

constexpr double kEarthRadiusMeters = 6'371'008.8;

double radians(double degrees) { return degrees * std::numbers::pi / 180.0; }

/// The same meridian, at most 180 degrees from `near`: 181 near 179 is what -179 is on a map.
double unwrapped(double longitude, double near) { return longitude - 360.0 * std::round((longitude - near) / 360.0); }

/// The corners with longitudes that do not jump where a side crosses the date line.
std::vector<Point> unwrapped(const Polygon& polygon) {
  std::vector<Point> corners = polygon.corners;
  for (std::size_t i = 1; i < corners.size(); ++i) {
    corners[i].longitude = unwrapped(corners[i].longitude, corners[i - 1].longitude);
  }
  return corners;
}

bool on_side(Point a, Point b, Point point) {
  const double cross = (b.longitude - a.longitude) * (point.latitude - a.latitude) -
                       (b.latitude - a.latitude) * (point.longitude - a.longitude);
  // A ten-millionth of a degree is a centimetre.
  constexpr double kTolerance = 1e-7;
  const double length = std::hypot(b.longitude - a.longitude, b.latitude - a.latitude);
  if (std::abs(cross) > kTolerance * std::max(length, kTolerance)) return false;
  const auto [west, east] = std::minmax(a.longitude, b.longitude);
  const auto [south, north] = std::minmax(a.latitude, b.latitude);
  return point.longitude >= west - kTolerance && point.longitude <= east + kTolerance &&
         point.latitude >= south - kTolerance && point.latitude <= north + kTolerance;
}

/// Whether a ray from the point to the east meets an odd number of sides, or the point lies on one.
bool inside(const std::vector<Point>& corners, Point point) {
  bool odd = false;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point a = corners[i];
    const Point b = corners[(i + 1) % corners.size()];
    if (on_side(a, b, point)) return true;
    // Half-open, so that a corner belongs to one of its two sides.
    if ((a.latitude > point.latitude) == (b.latitude > point.latitude)) continue;
    const double share = (point.latitude - a.latitude) / (b.latitude - a.latitude);
    if (a.longitude + share * (b.longitude - a.longitude) > point.longitude) odd = !odd;
  }
  return odd;
}

}  // namespace

double distance_meters(Point a, Point b) {
  const double half_latitude = std::sin(radians(b.latitude - a.latitude) / 2);
  const double half_longitude = std::sin(radians(b.longitude - a.longitude) / 2);
  const double h = half_latitude * half_latitude +
                   std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * half_longitude * half_longitude;
  return 2 * kEarthRadiusMeters * std::asin(std::sqrt(std::min(1.0, h)));
}

bool contains(const Circle& circle, Point point) {
  return distance_meters(circle.center, point) <= circle.radius_meters;
}

bool contains(const Polygon& polygon, Point point) {
  if (polygon.corners.size() < 3) return false;
  const std::vector<Point> corners = unwrapped(polygon);
  const auto [west, east] =
      std::minmax_element(corners.begin(), corners.end(), [](Point a, Point b) { return a.longitude < b.longitude; });
  // The polygon may lie beyond 180 degrees now; the point has to be looked for on that side of the date line.
  point.longitude = unwrapped(point.longitude, (west->longitude + east->longitude) / 2);
  return inside(corners, point);
}

Point center_of(const Polygon& polygon) {
  const std::vector<Point> corners = unwrapped(polygon);
  if (corners.empty()) return {};
  const Point origin = corners.front();  // near it the products below lose no digits
  double area = 0;
  Point sum;
  Point mean;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point a{corners[i].latitude - origin.latitude, corners[i].longitude - origin.longitude};
    const Point next = corners[(i + 1) % corners.size()];
    const Point b{next.latitude - origin.latitude, next.longitude - origin.longitude};
    const double twice = a.longitude * b.latitude - b.longitude * a.latitude;
    area += twice;
    sum.latitude += (a.latitude + b.latitude) * twice;
    sum.longitude += (a.longitude + b.longitude) * twice;
    mean.latitude += a.latitude / static_cast<double>(corners.size());
    mean.longitude += a.longitude / static_cast<double>(corners.size());
  }
  const bool flat = std::abs(area) < 1e-12;
  const double latitude = origin.latitude + (flat ? mean.latitude : sum.latitude / (3 * area));
  const double longitude = origin.longitude + (flat ? mean.longitude : sum.longitude / (3 * area));
  return {latitude, unwrapped(longitude, 0)};
}

}  // namespace georegion
