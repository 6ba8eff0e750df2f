#include "regions.h"

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "loom/kafka/base_consumer.h"

namespace georegion {
namespace {

namespace log = loom::log;

constexpr const char* kQuery =
    "SELECT id, name, type, center_latitude, center_longitude, radius_meters, polygon"
    " FROM georegions WHERE active ORDER BY id";

Region region_of(const pqxx::row& row) {
  Region region{row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(""), Circle{}};
  if (row[6].is_null()) {
    region.shape = Circle{{row[3].as<double>(), row[4].as<double>()}, row[5].as<double>()};
  } else {
    region.shape = parse_polygon(row[6].as<std::string>());
  }
  return region;
}

std::vector<Region> read_regions(const std::string& database_url) {
  pqxx::connection connection(database_url);
  pqxx::work transaction(connection);
  transaction.exec("SET LOCAL statement_timeout = '5s'");
  std::vector<Region> regions;
  for (const auto& row : transaction.exec(kQuery)) {
    try {
      regions.push_back(region_of(row));
    } catch (const std::exception& error) {
      log::warn({}, "region {} is left out: {}", row[0].as<std::string>(), error.what());
    }
  }
  return regions;
}

/// As libpq takes it, URL or words, with a limit for connecting unless it has one.
std::string with_connect_timeout(const std::string& url) {
  if (url.find("connect_timeout") != std::string::npos) return url;
  if (url.find("://") == std::string::npos) return url + " connect_timeout=5";
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "connect_timeout=5";
}

}  // namespace

bool contains(const Region& region, Point point) {
  return std::visit([&](const auto& shape) { return contains(shape, point); }, region.shape);
}

Point center_of(const Region& region) {
  if (const auto* circle = std::get_if<Circle>(&region.shape)) return circle->center;
  return center_of(std::get<Polygon>(region.shape));
}

Polygon parse_polygon(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json);
  if (!parsed.is_array() || parsed.size() < 3) throw std::runtime_error("a polygon needs three corners");
  Polygon polygon;
  for (const auto& corner : parsed) {
    if (!corner.is_array() || corner.size() != 2) throw std::runtime_error("a corner is [latitude, longitude]");
    polygon.corners.push_back({corner.at(0).get<double>(), corner.at(1).get<double>()});
  }
  return polygon;
}

Regions::Regions(std::string database_url, std::chrono::seconds reload_every)
    : database_url_(with_connect_timeout(database_url)), reload_every_(reload_every) {}

const std::vector<Region>& Regions::current() {
  if (std::chrono::steady_clock::now() >= next_) reload();
  return regions_;
}

void Regions::reload() {
  try {
    regions_ = read_regions(database_url_);
  } catch (const std::exception& error) {
    if (!known_) throw loom::kafka::TryLater(std::string("the regions cannot be read: ") + error.what());
    log::warn({}, "the regions stay as they were: {}", error.what());
  }
  known_ = true;
  next_ = std::chrono::steady_clock::now() + reload_every_;
}

}  // namespace georegion
