#include "detector.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace georegion {
namespace {

using nlohmann::json;

Point point_of(const json& message) {
  const json& data = message.at("data");
  const Point point{data.at("latitude").get<double>(), data.at("longitude").get<double>()};
  if (!(point.latitude >= -90 && point.latitude <= 90 && point.longitude >= -180 && point.longitude <= 180)) {
    throw std::runtime_error("no place on earth: latitude " + data.at("latitude").dump() + ", longitude " +
                             data.at("longitude").dump());
  }
  return point;
}

/// What is not about the address itself travels on: ids, time, hints for the next stages, and all metadata.
json envelope_of(const json& message) {
  json envelope = message;
  envelope.erase("data");
  if (!envelope["metadata"].is_object()) envelope["metadata"] = json::object();
  envelope["metadata"]["trigger_source"] = "location.address.geocoded";
  return envelope;
}

}  // namespace

std::vector<Detection> detect(std::string_view geocoded, const std::vector<Region>& regions) {
  const json message = json::parse(geocoded);
  const Point point = point_of(message);
  const auto device = message.at("device_id").get<std::string>();
  static_cast<void>(message.at("timestamp"));
  std::vector<Detection> detections;
  for (const Region& region : regions) {
    if (!contains(region, point)) continue;
    json detected = envelope_of(message);
    detected["data"] = {{"georegion_id", region.id},
                        {"georegion_name", region.name},
                        {"georegion_type", region.type},
                        {"latitude", point.latitude},
                        {"longitude", point.longitude},
                        {"distance_to_center_meters", distance_meters(center_of(region), point)},
                        // How sure the place is decides how sure the region is.
                        {"confidence_score", message["data"].value("confidence", 1.0)}};
    detections.push_back({device, detected.dump()});
  }
  return detections;
}

}  // namespace georegion
