#include <algorithm>

#include "mapping/schema_walk.h"

namespace loom::mapping {
namespace schema_json {
namespace {

using formats::JsonSchemaType;
using FieldKind = SchemaField::Kind;
using Kinds = JsonSchemaType::Kinds;

/// Schemas that hold for one value together, by their indices.
using Node = std::vector<std::uint32_t>;
// Schemas that ask for one of several again and again would be as many as there are ways through them.
constexpr std::size_t kMostAlternatives = 64;
constexpr std::size_t kMostParts = 1000;  // that hold together

struct Reader {
  using Spots = std::vector<schema_walk::Spot<Node>>;

  const formats::JsonSchema& schema;

  [[nodiscard]] const JsonSchemaType& type(std::uint32_t index) const { return schema.types[index]; }

  /// What else holds where these do: allOf, and what $ref leads to.
  [[nodiscard]] Node together(Node node) const {
    for (std::size_t i = 0; i < node.size() && node.size() < kMostParts; ++i) {
      for (const std::uint32_t part : type(node[i]).all) {
        if (!contains(node, part)) node.push_back(part);
      }
    }
    return node;
  }

  /// The ways to satisfy a schema: one for each branch of oneOf and anyOf.
  [[nodiscard]] std::vector<Node> alternatives(std::uint32_t index) const {
    std::vector<Node> done;
    std::vector<Node> open{together({index})};
    while (!open.empty() && done.size() + open.size() < kMostAlternatives) {
      const Node node = std::move(open.back());
      open.pop_back();
      const auto undecided = std::ranges::find_if(node, [&](std::uint32_t part) {
        const auto& any = type(part).any;
        return !any.empty() && std::ranges::none_of(any, [&](std::uint32_t one) { return contains(node, one); });
      });
      if (undecided == node.end() || node.size() >= kMostParts) {
        done.push_back(node);
        continue;
      }
      for (const std::uint32_t branch : type(*undecided).any) {
        Node with = node;
        with.push_back(branch);
        open.push_back(together(std::move(with)));
      }
    }
    done.insert(done.end(), open.begin(), open.end());
    return done;
  }

  static bool contains(const Node& node, std::uint32_t part) {
    return std::find(node.begin(), node.end(), part) != node.end();
  }

  /// The types that all parts allow; 0: none of them says.
  [[nodiscard]] Kinds kinds(const Node& node) const {
    Kinds kinds = 0;
    for (const std::uint32_t part : node) {
      const Kinds one = type(part).kinds;
      if (one == 0) continue;
      // An integer is a number, too.
      const auto wide = static_cast<Kinds>((one & JsonSchemaType::kNumber) != 0 ? one | JsonSchemaType::kInteger : one);
      kinds = kinds == 0 ? one : static_cast<Kinds>(kinds & wide);
    }
    return kinds;
  }

  [[nodiscard]] Spots spots(std::uint32_t index, bool required) const {
    Spots found;
    bool nullable = false;
    for (auto& node : alternatives(index)) {
      const Kinds allowed = kinds(node);
      nullable = nullable || allowed == 0 || (allowed & JsonSchemaType::kNull) != 0;
      if (allowed != JsonSchemaType::kNull) found.push_back({std::move(node), false, required});
    }
    if (found.empty()) found.push_back({Node{index}, true, required});  // always null
    for (auto& spot : found) spot.nullable = nullable;
    return found;
  }

  [[nodiscard]] Spots root() const { return spots(0, true); }

  /// Whether nothing is said of what stands below: any field, any element.
  [[nodiscard]] bool is_open(const Node& node, Kinds kind) const {
    const Kinds allowed = kinds(node);
    if (allowed != 0 && (allowed & kind) == 0) return false;
    return std::ranges::none_of(node, [&](std::uint32_t part) {
      const auto& one = type(part);
      return !one.fields.empty() || one.items.has_value() || one.others.has_value();
    });
  }

  [[nodiscard]] Spots step(const Node& node, const PathStep& step) const {
    if (is_open(node, step.index ? JsonSchemaType::kList : JsonSchemaType::kObject))
      return {{std::nullopt, true, false}};
    Spots found;
    if (step.index) {
      for (const std::uint32_t part : node) {
        if (!type(part).items) continue;
        for (auto& spot : spots(*type(part).items, false)) found.push_back(std::move(spot));
      }
      return found;
    }
    const bool required = std::ranges::any_of(node, [&](std::uint32_t part) {
      return std::ranges::find(type(part).required, step.name) != type(part).required.end();
    });
    for (const std::uint32_t part : node) {
      for (const auto& field : type(part).fields) {
        if (field.name != step.name) continue;
        for (auto& spot : spots(field.type, required)) found.push_back(std::move(spot));
      }
    }
    if (!found.empty()) return found;
    for (const std::uint32_t part : node) {
      if (!type(part).others) continue;
      for (auto& spot : spots(*type(part).others, required)) found.push_back(std::move(spot));
    }
    return found;
  }

  [[nodiscard]] std::vector<std::string> names(const Node& node) const {
    std::vector<std::string> names;
    for (const std::uint32_t part : node) {
      for (const auto& field : type(part).fields) names.push_back(field.name);
    }
    return names;
  }

  [[nodiscard]] static FieldKind form_kind(JsonSchemaType::Form form) {
    using Form = JsonSchemaType::Form;
    switch (form) {
      case Form::none:
        return FieldKind::text;
      case Form::date_time:
        return FieldKind::instant;
      case Form::date:
        return FieldKind::date;
      case Form::time:
        return FieldKind::time;
      case Form::duration:
        return FieldKind::duration;
      case Form::uuid:
        return FieldKind::uuid;
      case Form::address:
        return FieldKind::address;
    }
    return FieldKind::text;
  }

  /// The kind, with what else the parts say of it.
  [[nodiscard]] SchemaField scalar(const Node& node) const {
    std::optional<SchemaField> whole;
    const auto add = [&whole](const SchemaField& field) { whole = whole ? either(*whole, field) : field; };
    const auto add_kind = [&add](FieldKind kind) {
      SchemaField field;
      field.kind = kind;
      add(field);
    };
    const Kinds allowed = kinds(node);
    if ((allowed & JsonSchemaType::kBoolean) != 0) add_kind(FieldKind::boolean);
    if ((allowed & JsonSchemaType::kText) != 0) {
      FieldKind kind = FieldKind::text;
      for (const std::uint32_t part : node) {
        if (kind == FieldKind::text) kind = form_kind(type(part).form);
      }
      add_kind(kind);
    }
    if ((allowed & JsonSchemaType::kInteger) != 0) {
      SchemaField field;
      field.kind = FieldKind::integer;
      for (const std::uint32_t part : node) field.bits = std::min(field.bits, type(part).bits);
      add(field);
    }
    if ((allowed & JsonSchemaType::kNumber) != 0) {
      SchemaField field;
      field.kind = FieldKind::real;
      for (const std::uint32_t part : node) {
        if (type(part).single) field.kind = FieldKind::single;
        if (!type(part).decimal_scale) continue;
        field.kind = FieldKind::decimal;
        field.precision = type(part).decimal_precision;
        field.scale = *type(part).decimal_scale;
      }
      add(field);
    }
    if ((allowed & JsonSchemaType::kList) != 0) add_kind(FieldKind::list);
    if ((allowed & JsonSchemaType::kObject) != 0) add_kind(FieldKind::object);
    return whole.value_or(SchemaField{});
  }

  [[nodiscard]] SchemaField describe(const Node& node) const {
    SchemaField field = scalar(node);
    if (field.kind != FieldKind::list) return field;
    std::optional<SchemaField> element;
    for (const std::uint32_t part : node) {
      if (!type(part).items) continue;
      for (const auto& spot : spots(*type(part).items, false)) {
        const SchemaField one = scalar(*spot.node);
        element = element ? either(*element, one) : one;
      }
    }
    if (element) field.element = element->kind;
    return field;
  }
};

}  // namespace
}  // namespace schema_json

std::optional<SchemaField> json_field(const formats::JsonSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::field(schema_json::Reader{schema}, path);
}

std::vector<std::string> json_names(const formats::JsonSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::names(schema_json::Reader{schema}, path);
}

}  // namespace loom::mapping
