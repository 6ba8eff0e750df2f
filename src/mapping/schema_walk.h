#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/schema_fields.h"

/// How one format's schema is walked along a path. Each format has a Reader:
///   Node                                what stands at one place, without unions
///   root() -> vector<Spot<Node>>        the places where a message begins
///   step(node, step) -> vector<Spot>    what the step leads to; none: nothing. Flags of a spot are those of this step
///   describe(node) -> SchemaField       its kind, as if it were always there
///   names(node) -> vector<string>       the fields that it names
namespace loom::mapping::schema_walk {

template <typename Node>
struct Spot {
  std::optional<Node> node;  ///< nothing: whatever stands there, the schema leaves it open
  bool nullable = false;
  bool required = true;
};

/// The places that the path may lead to.
template <typename Reader>
auto walk(const Reader& reader, const std::vector<PathStep>& path) {
  auto spots = reader.root();
  for (const PathStep& step : path) {
    decltype(spots) next;
    bool all_have_it = true;
    using Place = typename decltype(spots)::value_type;
    const auto add = [&next](Place spot) {
      for (auto& known : next) {
        if (known.node != spot.node) continue;
        known.nullable = known.nullable || spot.nullable;
        known.required = known.required && spot.required;
        return;
      }
      next.push_back(std::move(spot));
    };
    for (const auto& spot : spots) {
      if (!spot.node) {
        add({std::nullopt, true, false});
        continue;
      }
      auto found = reader.step(*spot.node, step);
      all_have_it = all_have_it && !found.empty();
      for (auto& one : found) {
        one.nullable = one.nullable || spot.nullable;
        one.required = one.required && spot.required;
        add(std::move(one));
      }
    }
    for (auto& spot : next) spot.required = spot.required && all_have_it;
    spots = std::move(next);
  }
  return spots;
}

template <typename Reader>
std::optional<SchemaField> field(const Reader& reader, const std::vector<PathStep>& path) {
  std::optional<SchemaField> whole;
  for (const auto& spot : walk(reader, path)) {
    SchemaField one = spot.node ? reader.describe(*spot.node) : SchemaField{};
    one.nullable = one.nullable || spot.nullable || !spot.required;
    one.required = spot.required;
    whole = whole ? either(*whole, one) : one;
  }
  return whole;
}

template <typename Reader>
std::vector<std::string> names(const Reader& reader, const std::vector<PathStep>& path) {
  std::vector<std::string> all;
  for (const auto& spot : walk(reader, path)) {
    if (!spot.node) continue;
    for (auto& name : reader.names(*spot.node)) {
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(std::move(name));
    }
  }
  return all;
}

}  // namespace loom::mapping::schema_walk

namespace loom::mapping {

std::optional<SchemaField> avro_field(const formats::AvroSchema& schema, const std::vector<PathStep>& path);
std::vector<std::string> avro_names(const formats::AvroSchema& schema, const std::vector<PathStep>& path);

std::optional<SchemaField> json_field(const formats::JsonSchema& schema, const std::vector<PathStep>& path);
std::vector<std::string> json_names(const formats::JsonSchema& schema, const std::vector<PathStep>& path);

/// What a logical type of Kafka Connect's is; unknown: none that we know.
SchemaField::Kind kind_of_connect(std::string_view name);
std::optional<SchemaField> connect_field(const formats::ConnectSchema& schema, const std::vector<PathStep>& path);
std::vector<std::string> connect_names(const formats::ConnectSchema& schema, const std::vector<PathStep>& path);

/// `message`: one of the schema's.
std::optional<SchemaField> protobuf_field(const formats::ProtobufSchema& schema,
                                          const formats::ProtobufMessage& message, const std::vector<PathStep>& path);
std::vector<std::string> protobuf_names(const formats::ProtobufSchema& schema, const formats::ProtobufMessage& message,
                                        const std::vector<PathStep>& path);

}  // namespace loom::mapping
