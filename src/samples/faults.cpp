#include "samples/faults.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "mapping/sources.h"

namespace loom::samples {
namespace {

using FaultKind = SampleFault::Kind;
using mapping::Transform;
using mapping::ValueType;

void add_whole_message_faults(const mapping::TopicMapping& topic, std::vector<SampleFault>& faults) {
  faults.push_back({FaultKind::tombstone, RejectReason::tombstone, {}});
  faults.push_back({FaultKind::empty, RejectReason::tombstone, {}});
  faults.push_back({FaultKind::truncated, RejectReason::invalid_json, {}});
  faults.push_back({FaultKind::not_json, RejectReason::invalid_json, {}});
  faults.push_back({FaultKind::invalid_utf8, RejectReason::invalid_json, {}});
  const bool is_list = std::any_of(topic.array_mappings.begin(), topic.array_mappings.end(),
                                   [](const auto& array) { return mapping::array_root(array.path).empty(); });
  if (!is_list) faults.push_back({FaultKind::root_array, RejectReason::not_an_object, {}});
  const RejectReason scalar = is_list ? RejectReason::conversion_failed : RejectReason::not_an_object;
  faults.push_back({FaultKind::root_scalar, scalar, {}});
}

/// The path whose absence leaves a required name unsatisfied; nothing when a sample cannot tell.
std::optional<std::string> path_of_required(const std::string& name, const mapping::TopicMapping& topic,
                                            const std::vector<SampleField>& fields) {
  if (topic.defaults.count(name) != 0) return std::nullopt;
  for (const SampleField& field : fields) {
    if (field.path == name || field.column == name) return field.path;
  }
  return std::nullopt;
}

bool is_text(const SampleField& field) {
  using ValueKind = SampleValue::Kind;
  if (field.transform != Transform::none) return false;
  if (field.type != ValueType::string && field.type != ValueType::unspecified) return false;
  return field.value.kind == ValueKind::word || field.value.kind == ValueKind::sentence ||
         field.value.kind == ValueKind::device;
}

struct Unconvertible {
  ValueType type;
  std::string_view json;
  RejectReason reason;
};
constexpr std::array<Unconvertible, 6> kUnconvertible{{
    {ValueType::integer, R"("twelve")", RejectReason::conversion_failed},
    {ValueType::integer, "123456789012345678901234567890", RejectReason::out_of_range},
    {ValueType::floating, R"("n/a")", RejectReason::conversion_failed},
    {ValueType::boolean, R"("maybe")", RejectReason::conversion_failed},
    {ValueType::timestamp, R"("yesterday")", RejectReason::conversion_failed},
    {ValueType::float_array, R"("[a,b]")", RejectReason::conversion_failed},
}};

}  // namespace

bool SampleFault::spoil(std::string& value) const {
  switch (kind) {
    case FaultKind::in_template:
      break;
    case FaultKind::tombstone:
      value.clear();
      return false;
    case FaultKind::empty:
      value.clear();
      break;
    case FaultKind::truncated:
      value.resize(std::max<std::size_t>(1, value.size() / 2));
      break;
    case FaultKind::not_json:
      value = "this is no JSON: " + value.substr(0, 20);
      break;
    case FaultKind::invalid_utf8:
      value.pop_back();
      value += value.size() > 1 ? ",\"note\":\"\xC3\x28\"}" : "\"note\":\"\xC3\x28\"}";
      break;
    case FaultKind::root_array:
      value = "[" + value + "]";
      break;
    case FaultKind::root_scalar:
      value = "42";
      break;
  }
  return true;
}

std::vector<SampleFault> sample_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields) {
  std::vector<SampleFault> faults;
  add_whole_message_faults(topic, faults);
  const auto add = [&](const std::string& path, std::optional<std::string> json, RejectReason reason) {
    faults.push_back({FaultKind::in_template, reason, make_template(topic, fields, {{path, std::move(json)}})});
  };
  for (const std::string& name : topic.required_fields) {
    const auto path = path_of_required(name, topic, fields);
    if (!path) continue;
    add(*path, std::nullopt, RejectReason::missing_required_field);
    add(*path, "null", RejectReason::missing_required_field);
  }
  for (const Unconvertible& bad : kUnconvertible) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const SampleField& one) {
      return one.type == bad.type && one.only_source && one.transform != Transform::base64_decode;
    });
    if (field != fields.end()) add(field->path, std::string(bad.json), bad.reason);
  }
  const auto encoded = std::find_if(fields.begin(), fields.end(), [](const SampleField& one) {
    return one.transform == Transform::base64_decode && one.only_source;
  });
  if (encoded != fields.end()) add(encoded->path, R"("%%% no base64 %%%")", RejectReason::conversion_failed);
  if (topic.nul == mapping::NulPolicy::reject) {
    const auto text = std::find_if(fields.begin(), fields.end(),
                                   [](const SampleField& one) { return is_text(one) && one.only_source; });
    if (text != fields.end()) add(text->path, R"("before\u0000after")", RejectReason::invalid_text);
  }
  return faults;
}

}  // namespace loom::samples
