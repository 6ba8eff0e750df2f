#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/similar.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// The accepted values of a key and what they mean; the first spelling of a meaning is the one that messages show.
template <typename T, std::size_t N>
class Choices {
 public:
  explicit constexpr Choices(std::array<std::pair<std::string_view, T>, N> values) : values_(values) {}

  /// Upper and lower case mean the same.
  [[nodiscard]] std::optional<T> find(std::string text) const {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    for (const auto& [name, value] : values_) {
      if (name == text) return value;
    }
    return std::nullopt;
  }

  /// Why a text that find() knows nothing of is refused.
  [[nodiscard]] std::string refusal(const std::string& text) const {
    return "is `" + text + "`; " + meant_by(text) + "accepted: " + names();
  }

  /// `did you mean `x`? `, or nothing.
  [[nodiscard]] std::string meant_by(const std::string& text) const {
    std::array<std::string_view, N> known;
    std::transform(values_.begin(), values_.end(), known.begin(), [](const auto& value) { return value.first; });
    return did_you_mean(text, known);
  }

  /// `a, b, c`
  [[nodiscard]] std::string names() const {
    std::string list;
    for (const auto& [name, value] : values_) list += (list.empty() ? "" : ", ") + std::string(name);
    return list;
  }

 private:
  std::array<std::pair<std::string_view, T>, N> values_;
};

/// Those without parameters; value_types.h reads the others too.
inline constexpr Choices<ValueType, 24> kValueTypes({{{"string", ValueType::string},
                                                      {"integer", ValueType::integer},
                                                      {"float", ValueType::floating},
                                                      {"boolean", ValueType::boolean},
                                                      {"timestamp", ValueType::timestamp},
                                                      {"array", ValueType::array},
                                                      {"float_array", ValueType::float_array},
                                                      {"json", ValueType::json},
                                                      {"bytes", ValueType::bytes},
                                                      {"timestamp_s", ValueType::timestamp_s},
                                                      {"timestamp_ms", ValueType::timestamp_ms},
                                                      {"timestamp_us", ValueType::timestamp_us},
                                                      {"timestamp_ns", ValueType::timestamp_ns},
                                                      {"date", ValueType::date},
                                                      {"date_days", ValueType::date_days},
                                                      {"time", ValueType::time},
                                                      {"time_ms", ValueType::time_ms},
                                                      {"time_us", ValueType::time_us},
                                                      {"time_ns", ValueType::time_ns},
                                                      {"interval", ValueType::interval},
                                                      {"interval_us", ValueType::interval_us},
                                                      {"uuid", ValueType::uuid},
                                                      {"inet", ValueType::inet},
                                                      {"decimal", ValueType::decimal}}});
inline constexpr Choices<Transform, 4> kTransforms({{{"base64_decode", Transform::base64_decode},
                                                     {"timestamp_parse", Transform::timestamp_parse},
                                                     {"json_stringify", Transform::json_stringify},
                                                     {"json_parse", Transform::json_parse}}});
inline constexpr Choices<ConflictStrategy, 3> kConflictStrategies({{{"ignore", ConflictStrategy::ignore},
                                                                    {"update", ConflictStrategy::update},
                                                                    {"replace", ConflictStrategy::replace}}});
inline constexpr Choices<NulPolicy, 3> kNulPolicies(
    {{{"reject", NulPolicy::reject}, {"strip", NulPolicy::strip}, {"replace", NulPolicy::replace}}});
inline constexpr Choices<NoPartition, 2> kNoPartitions({{{"stop", NoPartition::stop},
                                                         {"dead_letter", NoPartition::dead_letter}}});
inline constexpr Choices<Surplus, 2> kSurpluses({{{"keep", Surplus::keep}, {"delete", Surplus::remove}}});
inline constexpr Choices<Identity, 1> kIdentities({{{"given", Identity::given}}});
inline constexpr Choices<Changes, 1> kChanges({{{"debezium", Changes::debezium}}});
inline constexpr Choices<Tombstones, 3> kTombstones(
    {{{"dead_letter", Tombstones::dead_letter}, {"ignore", Tombstones::ignore}, {"delete", Tombstones::remove}}});
inline constexpr Choices<Deletes, 2> kDeletes({{{"rows", Deletes::rows}, {"mark", Deletes::mark}}});
inline constexpr Choices<formats::Format, 7> kFormats({{{"json", formats::Format::json},
                                                        {"json_schema", formats::Format::json_schema},
                                                        {"avro", formats::Format::avro},
                                                        {"protobuf", formats::Format::protobuf},
                                                        {"auto", formats::Format::automatic},
                                                        {"text", formats::Format::text},
                                                        {"bytes", formats::Format::bytes}}});
inline constexpr Choices<CreateTable, 7> kCreateTables({{{"true", CreateTable::by_mapping},
                                                         {"false", CreateTable::never},
                                                         {"from_schema", CreateTable::from_schema},
                                                         {"yes", CreateTable::by_mapping},
                                                         {"no", CreateTable::never},
                                                         {"on", CreateTable::by_mapping},
                                                         {"off", CreateTable::never}}});
inline constexpr Choices<Evolve, 2> kEvolve({{{"add", Evolve::add}, {"off", Evolve::off}}});

}  // namespace loom::mapping
