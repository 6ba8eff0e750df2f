#include "samples/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "samples/values.h"

namespace loom::samples {
namespace {

using Kind = SampleValue::Kind;
using mapping::ValueType;
using Words = std::vector<std::string_view>;

struct NamedWords {
  std::string_view part;  ///< of the name
  Words words;
};

/// The first entry whose part occurs in the name counts: the special ones stand in front.
const std::vector<NamedWords>& named_words() {
  static const std::vector<NamedWords> lists{
      {"schema_version", {"1.0"}},
      {"model", {"standard-v2", "compact-v1", "large-v3"}},
      {"activity", {"walking", "running", "still", "cycling", "in_vehicle"}},
      {"motion_type", {"walking", "driving", "stationary", "running"}},
      {"orientation", {"portrait", "landscape", "face_up", "face_down"}},
      {"provider", {"gps", "network", "fused"}},
      {"language", {"en", "de", "fr", "sv"}},
      {"unit", {"hPa", "celsius", "m"}},
      {"emotion", {"calm", "happy", "sad", "neutral", "surprised"}},
      {"severity", {"info", "warning", "error"}},
      {"event_type", {"opened", "closed", "resumed", "paused"}},
      {"action", {"posted", "removed", "clicked"}},
      {"category", {"social", "productivity", "games", "health", "news"}},
      {"format", {"wav", "mp3", "jpeg", "png", "h264"}},
      {"content_type", {"text/plain", "text/html"}},
      {"country", {"Sweden", "Germany", "Canada", "Japan"}},
      {"city", {"Uppsala", "Bremen", "Halifax", "Kobe"}},
      {"state", {"nominal", "fair", "serious"}},
      {"security", {"WPA2", "WPA3", "open"}},
      {"ip_address", {"192.0.2.17", "192.0.2.34", "198.51.100.5"}},
      {"address", {"02:00:5e:10:00:01", "02:00:5e:10:00:02", "02:00:5e:10:00:03"}},
      {"bssid", {"02:00:5e:20:00:01", "02:00:5e:20:00:02"}},
      {"bundle_id", {"org.example.mail", "org.example.browser", "org.example.editor"}},
      {"package_name", {"org.example.mail", "org.example.chat", "org.example.maps"}},
      {"app", {"Mail", "Browser", "Editor", "Maps", "Chat"}},
      {"axis", {"x", "y", "z"}},
      {"user_agent", {"Mozilla/5.0 (X11; Linux x86_64)", "ExampleApp/2.1"}},
  };
  return lists;
}

const Words& time_words() {
  static const Words words{"07:30:00", "12:00:00", "18:45:30.5"};
  return words;
}

const Words& interval_words() {
  static const Words words{"1 day", "02:30:00", "45 minutes"};
  return words;
}

bool has(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

bool has_any(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return has(name, part); });
}

bool is_time_name(std::string_view name) {
  return name == "timestamp" || name == "time" || name.ends_with("_at") || name.ends_with("_time") ||
         name.starts_with("last_time") || name.ends_with("_timestamp");
}

/// Seconds from the message's own time: what begins comes before, what ends comes after.
SampleValue time_value(std::string_view name) {
  SampleValue value{Kind::iso_time, 0, 0, 0, nullptr};
  if (has_any(name, {"end", "exit"})) value.low = 60;
  if (has_any(name, {"start", "entry", "created", "last_"})) value.low = -60;
  return value;
}

SampleValue decimal(std::int64_t low, std::int64_t high, std::uint32_t digits) {
  return {Kind::decimal, low, high, digits, nullptr};
}

SampleValue float_value(std::string_view name) {
  if (has(name, "latitude") || name == "lat") return decimal(-89'000'000, 89'000'000, 6);
  if (has(name, "longitude") || name == "lon" || name == "lng") return decimal(-179'000'000, 179'000'000, 6);
  if (has_any(name, {"confidence", "probability", "score"})) return decimal(0, 1000, 3);
  if (has(name, "percentage")) return decimal(0, 10'000, 2);
  if (has(name, "pressure")) return decimal(98'000, 104'000, 2);
  if (has(name, "temperature")) return decimal(-1'000, 4'500, 2);
  if (has(name, "altitude")) return decimal(0, 25'000, 1);
  if (has(name, "magnitude")) return decimal(0, 25'000'000, 6);
  if (has_any(name, {"axis", "acceleration"}) || name == "x" || name == "y" || name == "z") {
    return decimal(-19'613'300, 19'613'300, 6);
  }
  return decimal(0, 100'000, 3);
}

SampleValue integer_value(std::string_view name) {
  const auto range = [](std::int64_t low, std::int64_t high) {
    return SampleValue{Kind::integer, low, high, 0, nullptr};
  };
  if (has(name, "battery")) return range(0, 100);
  if (has(name, "heart_rate")) return range(45, 180);
  if (has_any(name, {"rssi", "signal"})) return range(-95, -30);
  if (has(name, "frequency")) return range(2412, 5825);
  if (has(name, "sample_rate")) return range(50, 400);
  if (has(name, "channels")) return range(1, 2);
  if (has_any(name, {"width", "height"})) return range(480, 3840);
  if (has(name, "step")) return range(0, 250);
  if (has(name, "dimensions")) return range(16, 16);
  if (has_any(name, {"priority", "bucket"})) return range(1, 10);
  return range(0, 30'000);
}

SampleValue one_of(const Words& words) { return {Kind::word, 0, 0, 0, &words}; }

SampleValue text_value(std::string_view column, std::string_view field) {
  const auto plain = [](Kind kind) { return SampleValue{kind, 0, 0, 0, nullptr}; };
  if (column == "device_id" || field == "device_id") return plain(Kind::device);
  if (column == "id" || column.ends_with("_id") || field.ends_with("_id")) return plain(Kind::uuid);
  if (has(column, "url")) return plain(Kind::url);
  if (has_any(column, {"email", "sender"})) return plain(Kind::email);
  if (has_any(column, {"text", "content", "description", "body", "transcript", "title", "subject", "caption"})) {
    if (words_for(column) == nullptr) return plain(Kind::sentence);
  }
  SampleValue value = plain(Kind::word);
  value.words = words_for(column);
  if (value.words == nullptr) value.words = words_for(field);
  if (value.words == nullptr) value.words = &sample_words();
  return value;
}

/// A column without a type in the mapping may be of any in the table: the value is one that its likely type and text
/// both take.
SampleValue untyped_value(std::string_view column, std::string_view field) {
  if (is_time_name(column)) return time_value(column);
  if (field == "metadata" || column == "metadata" || field == "data") return {Kind::object, 0, 0, 0, nullptr};
  if (column.starts_with("is_") || column.starts_with("has_")) return {Kind::boolean, 0, 0, 0, nullptr};
  if (column.ends_with("_ms") || column.ends_with("_count") || has(column, "count_")) return integer_value(column);
  if (has_any(column, {"audio_data", "image_data", "frame_data"})) return {Kind::base64, 0, 0, 12, nullptr};
  if (has_any(column, {"confidence_score", "percentage"})) return float_value(column);
  return text_value(column, field);
}

}  // namespace

const Words& sample_words() {
  static const Words words{"amber", "birch",   "cloud", "delta", "ember",  "fjord", "garnet", "harbor",
                           "iris",  "juniper", "kelp",  "lumen", "meadow", "north", "ocean",  "pebble"};
  return words;
}

const Words* words_for(std::string_view name) {
  for (const NamedWords& list : named_words()) {
    if (has(name, list.part)) return &list.words;
  }
  return nullptr;
}

SampleValue choose_value(std::string_view column, std::string_view field, ValueType type,
                         mapping::Transform transform) {
  if (transform == mapping::Transform::base64_decode) return {Kind::base64, 0, 0, 12, nullptr};
  if (transform == mapping::Transform::timestamp_parse) return time_value(column);
  if (transform == mapping::Transform::json_stringify) return {Kind::object, 0, 0, 0, nullptr};
  switch (type) {
    case ValueType::integer:
      return integer_value(column);
    case ValueType::floating:
      return float_value(column);
    case ValueType::boolean:
      return {Kind::boolean, 0, 0, 0, nullptr};
    case ValueType::timestamp:
      return time_value(column);
    case ValueType::array:
      return {Kind::text_list, 0, 0, 3, nullptr};
    case ValueType::float_array:
      return {Kind::number_list, 0, 0, 16, nullptr};
    case ValueType::json:
      return {Kind::object, 0, 0, 0, nullptr};
    case ValueType::bytes:
      return {Kind::word, 0, 0, 0, &sample_words()};
    case ValueType::string:
      return text_value(column, field);
    case ValueType::timestamp_s:
      return {Kind::unix_time, 0, 0, 0, nullptr};
    case ValueType::timestamp_ms:
      return {Kind::unix_time, 0, 0, 3, nullptr};
    case ValueType::timestamp_us:
      return {Kind::unix_time, 0, 0, 6, nullptr};
    case ValueType::timestamp_ns:
      return {Kind::unix_time, 0, 0, 9, nullptr};
    case ValueType::date_days:
      return {Kind::integer, 18'000, 21'000, 0, nullptr};
    case ValueType::time_ms:
    case ValueType::time_us:
    case ValueType::time_ns:
    case ValueType::interval_us:
      return {Kind::integer, 0, 86'399'999, 0, nullptr};
    case ValueType::decimal:
      return decimal(0, 10'000, 2);
    case ValueType::decimal_base64:
      return {Kind::base64, 0, 0, 1, nullptr};
    case ValueType::uuid:
      return {Kind::uuid, 0, 0, 0, nullptr};
    case ValueType::date:
      return time_value(column);  // the day of an instant is a day
    case ValueType::time:
      return one_of(time_words());
    case ValueType::interval:
      return one_of(interval_words());
    case ValueType::inet:
      return one_of(*words_for("ip_address"));
    case ValueType::unspecified:
      return untyped_value(column, field);
  }
  return text_value(column, field);
}

}  // namespace loom::samples
