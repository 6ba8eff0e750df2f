#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "regions.h"

namespace georegion {

/// A message to send.
struct Detection {
  std::string key;  ///< the device: its detections stay in order
  std::string json;
};

/// The regions that hold the place of a geocoded address: a message each, with the address's own envelope.
/// Pure.  Fails: std::exception for a message that is no geocoded address.
std::vector<Detection> detect(std::string_view geocoded, const std::vector<Region>& regions);

}  // namespace georegion
