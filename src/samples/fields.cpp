#include "samples/fields.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "mapping/paths.h"
#include "mapping/sources.h"

namespace loom::samples {
namespace {

using mapping::TopicMapping;
using mapping::Transform;
using mapping::ValueType;

bool is_metadata(std::string_view source) { return source.starts_with("$"); }

/// The last name of a path; of an element that of its list.
std::string last_part(const std::string& path) {
  const auto steps = mapping::split_path(path);
  const auto named = std::find_if(steps.rbegin(), steps.rend(), [](const auto& step) { return !step.index; });
  return named == steps.rend() ? std::string() : named->name;
}

template <typename Map>
auto value_or(const Map& map, const std::string& key, typename Map::mapped_type fallback) {
  const auto found = map.find(key);
  return found == map.end() ? fallback : found->second;
}

/// The power of ten, as far as 64 bits hold it.
std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < std::min(exponent, 18); ++i) power *= 10;
  return power;
}

/// Numbers up to 100 that a NUMERIC of this precision and scale holds without rounding.
void fit_into(SampleValue& value, const mapping::TypeParameters& parameters) {
  constexpr int kMostDigits = 15;
  if (parameters.precision == 0) return;
  const int digits = std::clamp(parameters.scale, 0, kMostDigits);
  // Where the scale is larger than the precision, the first digits behind the point have to be zero.
  const int free = std::clamp(parameters.precision - parameters.scale + digits, 0, kMostDigits);
  value.kind = digits == 0 ? SampleValue::Kind::integer : SampleValue::Kind::decimal;
  value.digits = static_cast<std::uint32_t>(digits);
  value.low = 0;
  value.high = std::min(power_of_ten(free) - 1, 100 * power_of_ten(digits));
}

/// Whether something else is mapped inside this path, so that an object must stand there.
bool holds_others(const TopicMapping& topic, const std::string& path) {
  const auto inside = [&](const auto& source) { return !is_metadata(source) && mapping::is_inside(source, path); };
  return std::any_of(topic.field_mappings.begin(), topic.field_mappings.end(),
                     [&](const auto& mapping) { return inside(mapping.source); }) ||
         std::any_of(topic.array_mappings.begin(), topic.array_mappings.end(),
                     [&](const auto& array) { return inside(array.path) || mapping::same_path(array.path, path); }) ||
         std::any_of(topic.required_fields.begin(), topic.required_fields.end(), inside);
}

/// The source that the samples use for a column; nothing when it has only metadata, or an object that others fill.
std::optional<std::string> choose_source(const TopicMapping& topic, const std::string& column) {
  std::optional<std::string> best;
  long best_rank = -1;
  for (const mapping::FieldMapping& mapping : topic.field_mappings) {
    if (mapping.column != column || is_metadata(mapping.source) || holds_others(topic, mapping.source)) continue;
    const bool required = std::find(topic.required_fields.begin(), topic.required_fields.end(), mapping.source) !=
                          topic.required_fields.end();
    const long rank = (required ? 1000 : 0) + static_cast<long>(mapping::split_path(mapping.source).size());
    if (rank > best_rank) {
      best = mapping.source;
      best_rank = rank;
    }
  }
  return best;
}

std::vector<SampleField> envelope(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  for (const char* name : {"trace_id", "device_id", "timestamp", "schema_version", "data", "metadata"}) {
    fields.push_back(make_field(topic, name, name));
  }
  return fields;
}

void add_required(const TopicMapping& topic, std::vector<SampleField>& fields) {
  for (const std::string& name : topic.required_fields) {
    const bool there =
        is_metadata(name) || holds_others(topic, name) ||
        std::any_of(fields.begin(), fields.end(),
                    [&](const SampleField& field) {
                      return field.path == name || field.column == name || mapping::is_inside(field.path, name);
                    }) ||
        std::any_of(topic.field_mappings.begin(), topic.field_mappings.end(),
                    [&](const auto& mapping) { return mapping.column == name; });
    if (!there) fields.push_back(make_field(topic, name, ""));
  }
}

}  // namespace

SampleField make_field(const TopicMapping& topic, const std::string& path, const std::string& column) {
  SampleField field;
  field.path = path;
  field.column = column;
  field.type = value_or(topic.data_types, column, ValueType::unspecified);
  field.transform = value_or(topic.transforms, column, Transform::none);
  const std::string name = last_part(path);
  field.value = choose_value(column.empty() ? name : column, name, field.type, field.transform);
  field.parameters = value_or(topic.type_parameters, column, {});
  if (field.type == ValueType::decimal) fit_into(field.value, field.parameters);
  const bool in_key = std::find(topic.upsert_key.begin(), topic.upsert_key.end(), column) != topic.upsert_key.end();
  if (in_key && field.value.kind == SampleValue::Kind::integer) field.value.kind = SampleValue::Kind::counter;
  if (in_key && field.value.kind == SampleValue::Kind::word) field.value.kind = SampleValue::Kind::uuid;
  return field;
}

void add_field(std::vector<SampleField>& fields, SampleField field) {
  const auto same =
      std::find_if(fields.begin(), fields.end(), [&](const SampleField& other) { return other.path == field.path; });
  if (same == fields.end()) {
    fields.push_back(std::move(field));
    return;
  }
  same->only_source = false;
  if (same->type == ValueType::unspecified || same->type == ValueType::string) {
    field.only_source = false;
    *same = std::move(field);
  }
}

std::vector<SampleField> sample_fields(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  if (topic.is_minimal()) {
    fields = envelope(topic);
  } else {
    std::map<std::string, int> sources;
    for (const mapping::FieldMapping& mapping : topic.field_mappings) {
      if (sources[mapping.column]++ > 0) continue;
      const auto source = choose_source(topic, mapping.column);
      if (source) add_field(fields, make_field(topic, *source, mapping.column));
    }
    for (SampleField& field : fields) field.only_source = field.only_source && sources[field.column] == 1;
  }
  add_required(topic, fields);
  return fields;
}

std::vector<SampleField> key_fields(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  for (const mapping::FieldMapping& mapping : topic.field_mappings) {
    const mapping::Source source = mapping::read_source(mapping.source);
    if (source.of_key) add_field(fields, make_field(topic, source.path, mapping.column));
  }
  return fields;
}

}  // namespace loom::samples
