#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "geometry.h"

namespace georegion {

/// A known place: a row of `georegions`.
struct Region {
  std::string id;
  std::string name;
  std::string type;
  std::variant<Circle, Polygon> shape;
};

bool contains(const Region& region, Point point);
Point center_of(const Region& region);

/// The corners from JSON: [[latitude, longitude], ...]. Fails: std::runtime_error that says what is wrong.
Polygon parse_polygon(const std::string& json);

/// The active regions of the table, read again now and then.
/// Threads: one at a time.  Blocks: up to 5 s to connect and 5 s for the rows.
class Regions {
 public:
  Regions(std::string database_url, std::chrono::seconds reload_every);

  /// As they were at most `reload_every` ago; older when the database is away.
  /// Fails: loom::kafka::TryLater when they were never read.
  const std::vector<Region>& current();

 private:
  void reload();

  const std::string database_url_;
  const std::chrono::seconds reload_every_;
  std::vector<Region> regions_;
  bool known_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace georegion
