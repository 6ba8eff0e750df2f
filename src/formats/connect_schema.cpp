#include "formats/connect_schema.h"

#include <array>
#include <charconv>
#include <utility>

#include "simdjson.h"

namespace loom::formats {
namespace connect_schema {
namespace {

namespace dom = simdjson::dom;
using Kind = ConnectType::Kind;

constexpr std::size_t kMaxText = std::size_t{10} << 20U;
constexpr std::size_t kMaxLevels = 100;
constexpr std::size_t kMaxTypes = 100'000;

struct KnownKind {
  std::string_view name;
  Kind kind;
  int bits = 0;
};
constexpr std::array<KnownKind, 12> kKinds{{{"boolean", Kind::boolean},
                                            {"int8", Kind::integer, 8},
                                            {"int16", Kind::integer, 16},
                                            {"int32", Kind::integer, 32},
                                            {"int64", Kind::integer, 64},
                                            {"float", Kind::real, 32},
                                            {"double", Kind::real, 64},
                                            {"string", Kind::text},
                                            {"bytes", Kind::bytes},
                                            {"array", Kind::list},
                                            {"map", Kind::map},
                                            {"struct", Kind::object}}};

/// Parameters are texts.
std::optional<int> parameter(dom::object json, std::string_view name) {
  dom::object parameters;
  std::string_view text;
  if (json.at_key("parameters").get(parameters) || parameters.at_key(name).get(text)) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && number >= -100'000 && number <= 100'000 ? std::optional(number) : std::nullopt;
}

class Reader {
 public:
  bool read(dom::element json, std::size_t level, std::uint32_t& index) {
    dom::object object;
    std::string_view name;
    if (level == kMaxLevels || types.size() == kMaxTypes) return false;
    if (json.get(object) || object.at_key("type").get(name)) return false;
    index = static_cast<std::uint32_t>(types.size());
    types.emplace_back();
    ConnectType type;
    for (const KnownKind& known : kKinds) {
      if (known.name != name) continue;
      type.kind = known.kind;
      type.bits = known.bits;
    }
    if (object.at_key("optional").get(type.optional)) type.optional = false;
    if (!object.at_key("name").get(name)) type.name = name;
    type.precision = parameter(object, "connect.decimal.precision");
    type.scale = parameter(object, "scale");
    type.length = parameter(object, "length");
    if (!read_fields(object, level, type) || !read_items(object, level, type)) return false;
    types[index] = std::move(type);
    return true;
  }

  std::vector<ConnectType> types;

 private:
  bool read_fields(dom::object json, std::size_t level, ConnectType& type) {
    dom::array fields;
    if (type.kind != Kind::object || json.at_key("fields").get(fields)) return true;
    for (const dom::element field : fields) {
      std::string_view name;
      if (field.at_key("field").get(name)) return false;
      ConnectType::Field made{std::string(name)};
      if (!read(field, level + 1, made.type)) return false;
      type.fields.push_back(std::move(made));
    }
    return true;
  }

  bool read_items(dom::object json, std::size_t level, ConnectType& type) {
    dom::element items;
    if (type.kind != Kind::list || json.at_key("items").get(items)) return true;
    std::uint32_t index = 0;
    if (!read(items, level + 1, index)) return false;
    type.items = index;
    return true;
  }
};

std::optional<ConnectSchema> parse(std::string_view text) {
  if (text.size() > kMaxText) return std::nullopt;
  dom::parser parser(kMaxText);
  dom::element root;
  auto error = parser.allocate(text.size(), 2 * kMaxLevels + 2);
  if (!error) error = parser.parse(text.data(), text.size()).get(root);
  Reader reader;
  std::uint32_t index = 0;
  if (error || !reader.read(root, 0, index)) return std::nullopt;
  return ConnectSchema{std::move(reader.types)};
}

}  // namespace
}  // namespace connect_schema

std::optional<std::uint32_t> ConnectSchema::field(std::uint32_t type, std::string_view name) const {
  for (const auto& field : types.at(type).fields) {
    if (field.name == name) return field.type;
  }
  return std::nullopt;
}

std::optional<ConnectSchema> parse_connect_schema(std::string_view text) { return connect_schema::parse(text); }

}  // namespace loom::formats
