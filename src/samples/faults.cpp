#include "samples/faults.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "mapping/paths.h"
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

constexpr std::array<Unconvertible, 4> kUnconvertibleText{{
    {ValueType::decimal, R"("n/a")", RejectReason::conversion_failed},
    {ValueType::uuid, R"("no uuid")", RejectReason::conversion_failed},
    {ValueType::date, R"("yesterday")", RejectReason::conversion_failed},
    {ValueType::time, R"("noon")", RejectReason::conversion_failed},
}};

/// Collects faults of single fields.
class FieldFaults {
 public:
  FieldFaults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
              std::vector<SampleFault>& faults)
      : topic_(topic), fields_(fields), faults_(faults) {}

  void add(const std::string& path, std::optional<std::string> json, RejectReason reason) {
    faults_.push_back({FaultKind::in_template, reason, make_template(topic_, fields_, {{path, std::move(json)}})});
  }

  void add_missing() {
    for (const std::string& name : topic_.required_fields) {
      const auto path = path_of_required(name, topic_, fields_);
      if (!path) continue;
      add(*path, std::nullopt, RejectReason::missing_required_field);
      add(*path, "null", RejectReason::missing_required_field);
    }
  }

  /// Where the object around a required field is missing, the field is.
  void add_missing_parents() {
    std::set<std::string> parents;
    for (const std::string& name : topic_.required_fields) {
      const auto path = path_of_required(name, topic_, fields_);
      if (!path) continue;
      const mapping::ParsedPath parsed = mapping::parse_path(*path);
      if (parsed.steps.size() > 1 && !parsed.steps.back().index)
        parents.insert(path->substr(0, *(parsed.ends.end() - 2)));
    }
    for (const std::string& parent : parents) add(parent, std::nullopt, RejectReason::missing_required_field);
  }

  template <std::size_t N>
  void add_unconvertible(const std::array<Unconvertible, N>& values) {
    for (const Unconvertible& bad : values) {
      const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const SampleField& one) {
        return one.type == bad.type && one.only_source && one.transform != Transform::base64_decode;
      });
      if (field != fields_.end()) add(field->path, std::string(bad.json), bad.reason);
    }
  }

  void add_wrong_base64() {
    const auto encoded = std::find_if(fields_.begin(), fields_.end(), [](const SampleField& one) {
      return one.transform == Transform::base64_decode && one.only_source;
    });
    if (encoded != fields_.end()) add(encoded->path, R"("%%% no base64 %%%")", RejectReason::conversion_failed);
  }

  void add_nul() {
    if (topic_.nul != mapping::NulPolicy::reject) return;
    const auto text = std::find_if(fields_.begin(), fields_.end(),
                                   [](const SampleField& one) { return is_text(one) && one.only_source; });
    if (text != fields_.end()) add(text->path, R"("before\u0000after")", RejectReason::invalid_text);
  }

 private:
  const mapping::TopicMapping& topic_;
  const std::vector<SampleField>& fields_;
  std::vector<SampleFault>& faults_;
};

/// Whether a message with the fault can be written at all.
bool can_be_encoded(const SampleFault& fault, SampleEncoder& encoder) {
  SampleRandom random(1);
  std::string json;
  std::string encoded;
  fault.message.append(json, {.device = "device"}, random);
  return encoder.encode(json, encoded);
}

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
    case FaultKind::cut_short:
      value.pop_back();
      break;
    case FaultKind::no_framing:
      value = "this is no message with a schema";
      break;
    case FaultKind::unknown_schema:
      value.replace(1, 4, "\x7F\xFF\xFF\xFF");
      break;
  }
  return true;
}

std::vector<SampleFault> sample_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields) {
  std::vector<SampleFault> faults;
  add_whole_message_faults(topic, faults);
  FieldFaults of_fields(topic, fields, faults);
  of_fields.add_missing();
  of_fields.add_unconvertible(kUnconvertible);
  of_fields.add_wrong_base64();
  of_fields.add_nul();
  return faults;
}

std::vector<SampleFault> encoded_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                                        SampleEncoder& encoder) {
  std::vector<SampleFault> found;
  FieldFaults of_fields(topic, fields, found);
  of_fields.add_missing();
  of_fields.add_missing_parents();
  of_fields.add_unconvertible(kUnconvertibleText);
  of_fields.add_nul();
  std::erase_if(found, [&](const SampleFault& fault) { return !can_be_encoded(fault, encoder); });

  std::vector<SampleFault> faults;
  faults.push_back({FaultKind::tombstone, RejectReason::tombstone, {}});
  faults.push_back({FaultKind::cut_short, RejectReason::not_decodable, {}});
  if (encoder.is_framed()) {
    // Without framing `auto` reads JSON.
    const bool automatic = topic.value_format.format == formats::Format::automatic;
    const RejectReason reason = automatic ? RejectReason::invalid_json : RejectReason::not_decodable;
    faults.push_back({FaultKind::empty, RejectReason::tombstone, {}});
    faults.push_back({FaultKind::no_framing, reason, {}});
    faults.push_back({FaultKind::unknown_schema, RejectReason::unknown_schema, {}});
  }
  faults.insert(faults.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return faults;
}

}  // namespace loom::samples
