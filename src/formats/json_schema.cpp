#include "formats/json_schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <utility>

#include "simdjson.h"

namespace loom::formats {
namespace json_schema {
namespace {

namespace dom = simdjson::dom;
using Type = JsonSchemaType;

constexpr std::size_t kMaxText = std::size_t{10} << 20U;
constexpr std::size_t kMaxLevels = 1000;
constexpr std::size_t kMaxTypes = 100'000;

Type::Kinds kind_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Type::Kinds>, 7> kNames{{{"null", Type::kNull},
                                                                                   {"boolean", Type::kBoolean},
                                                                                   {"integer", Type::kInteger},
                                                                                   {"number", Type::kNumber},
                                                                                   {"string", Type::kText},
                                                                                   {"array", Type::kList},
                                                                                   {"object", Type::kObject}}};
  for (const auto& [known, kind] : kNames) {
    if (known == name) return kind;
  }
  return 0;
}

Type::Form form_of(std::string_view name) {
  using Form = Type::Form;
  static constexpr std::array<std::pair<std::string_view, Form>, 7> kNames{{{"date-time", Form::date_time},
                                                                            {"date", Form::date},
                                                                            {"time", Form::time},
                                                                            {"duration", Form::duration},
                                                                            {"uuid", Form::uuid},
                                                                            {"ipv4", Form::address},
                                                                            {"ipv6", Form::address}}};
  for (const auto& [known, form] : kNames) {
    if (known == name) return form;
  }
  return Form::none;
}

Type::Kinds kind_of_value(dom::element value) {
  switch (value.type()) {
    case dom::element_type::NULL_VALUE:
      return Type::kNull;
    case dom::element_type::BOOL:
      return Type::kBoolean;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      return Type::kInteger;
    case dom::element_type::DOUBLE:
      return Type::kNumber;
    case dom::element_type::STRING:
      return Type::kText;
    case dom::element_type::ARRAY:
      return Type::kList;
    case dom::element_type::OBJECT:
      return Type::kObject;
  }
  return 0;
}

std::string_view text_at(dom::object json, std::string_view key) {
  std::string_view text;
  if (json.at_key(key).get(text)) return {};
  return text;
}

/// Kafka Connect has its parameters as texts, some writers as numbers.
std::optional<int> number_at(dom::object json, std::string_view key) {
  dom::element value;
  if (json.at_key(key).get(value)) return std::nullopt;
  std::int64_t whole = 0;
  if (!value.get(whole)) return whole >= -1000 && whole <= 1000 ? std::optional(static_cast<int>(whole)) : std::nullopt;
  std::string_view text;
  int number = 0;
  if (value.get(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < -1000 || number > 1000) return std::nullopt;
  return number;
}

/// Reads a schema and what it refers to into one list of types. The first problem ends it.
class Reader {
 public:
  bool add_document(const std::string& name, std::string_view text);
  /// Reads the document without a name.
  bool run();

  std::vector<Type> types;
  std::string problem;

 private:
  struct Document {
    std::unique_ptr<dom::parser> parser;  ///< holds what `root` is
    dom::element root;
  };
  /// A `$ref` that is not read yet: what it leads to may hold what leads to it.
  struct Open {
    std::string document;
    dom::element json;
    std::uint32_t type = 0;
  };

  bool add(std::uint32_t& type);
  bool read(const std::string& document, dom::element json, std::uint32_t& type);
  bool fill(const std::string& document, dom::element json, std::uint32_t type);
  bool fill_fields(const std::string& document, dom::object json, std::uint32_t type);
  bool fill_items(const std::string& document, dom::object json, std::uint32_t type);
  bool fill_parts(const std::string& document, dom::object json, std::string_view key,
                  std::vector<std::uint32_t> Type::*parts, std::uint32_t type);
  bool refer(const std::string& document, std::string_view target, std::uint32_t type);
  void fill_kinds(dom::object json, Type& type) const;
  void fill_connect(dom::object json, Type& type) const;

  std::map<std::string, Document> documents_;
  std::map<std::string, std::uint32_t> referred_;  ///< by document and pointer
  std::vector<Open> open_;
};

bool Reader::add_document(const std::string& name, std::string_view text) {
  const std::string what = name.empty() ? "the schema" : "the reference " + name;
  if (text.size() > kMaxText) {
    problem = what + " is larger than 10 MB";
    return false;
  }
  Document& document = documents_[name];
  document.parser = std::make_unique<dom::parser>(kMaxText);
  auto error = document.parser->allocate(text.size(), kMaxLevels);
  if (!error) error = document.parser->parse(text.data(), text.size()).get(document.root);
  if (error) problem = what + " is not valid JSON: " + simdjson::error_message(error);
  return !error;
}

bool Reader::run() {
  const dom::element root = documents_[""].root;
  if (!root.is_object() && !root.is_bool()) {
    problem = "a schema is an object, or true or false";
    return false;
  }
  std::uint32_t type = 0;
  if (!add(type)) return false;
  referred_["#"] = type;
  open_.push_back({"", root, type});
  while (!open_.empty()) {
    const Open next = std::move(open_.back());
    open_.pop_back();
    if (!fill(next.document, next.json, next.type)) return false;
  }
  return true;
}

bool Reader::add(std::uint32_t& type) {
  if (types.size() >= kMaxTypes) {
    problem = "it has more than 100000 types";
    return false;
  }
  type = static_cast<std::uint32_t>(types.size());
  types.emplace_back();
  return true;
}

bool Reader::read(const std::string& document, dom::element json, std::uint32_t& type) {
  return add(type) && fill(document, json, type);
}

// As deep as the JSON text, which the parser limits: what a $ref leads to waits its turn.
bool Reader::fill(const std::string& document, dom::element element, std::uint32_t type) {
  dom::object json;
  if (element.get(json)) return true;  // true and false say nothing
  fill_kinds(json, types[type]);
  types[type].form = form_of(text_at(json, "format"));
  fill_connect(json, types[type]);
  const std::string_view target = text_at(json, "$ref");
  if (!target.empty() && !refer(document, target, type)) return false;
  return fill_fields(document, json, type) && fill_items(document, json, type) &&
         fill_parts(document, json, "allOf", &Type::all, type) &&
         fill_parts(document, json, "oneOf", &Type::any, type) && fill_parts(document, json, "anyOf", &Type::any, type);
}

/// Without `type` the values of `enum` and `const` tell.
void Reader::fill_kinds(dom::object json, Type& type) const {
  dom::element given;
  dom::array list;
  std::string_view name;
  if (!json.at_key("type").get(given)) {
    if (!given.get(name)) type.kinds = kind_of(name);
    if (given.get(list)) return;
    for (const dom::element one : list) {
      if (!one.get(name)) type.kinds |= kind_of(name);
    }
    return;
  }
  if (!json.at_key("enum").get(list)) {
    for (const dom::element one : list) type.kinds |= kind_of_value(one);
  } else if (!json.at_key("const").get(given)) {
    type.kinds = kind_of_value(given);
  }
}

/// What Kafka Connect's JsonSchemaConverter adds.
void Reader::fill_connect(dom::object json, Type& type) const {
  const std::string_view name = text_at(json, "connect.type");
  if (name == "int8") type.bits = 8;
  if (name == "int16") type.bits = 16;
  if (name == "int32") type.bits = 32;
  type.single = name == "float32";
  if (text_at(json, "title") != "org.apache.kafka.connect.data.Decimal") return;
  dom::object parameters;
  if (json.at_key("connect.parameters").get(parameters)) return;
  type.decimal_scale = number_at(parameters, "scale");
  const int precision = number_at(parameters, "connect.decimal.precision").value_or(0);
  type.decimal_precision = std::max(precision, 0);
}

bool Reader::fill_fields(const std::string& document, dom::object json, std::uint32_t type) {
  dom::object properties;
  if (!json.at_key("properties").get(properties)) {
    for (const auto& [name, value] : properties) {
      Type::Field field{std::string(name), 0};
      if (!read(document, value, field.type)) return false;
      types[type].fields.push_back(std::move(field));
    }
  }
  dom::array required;
  if (!json.at_key("required").get(required)) {
    std::string_view name;
    for (const dom::element one : required) {
      if (!one.get(name)) types[type].required.emplace_back(name);
    }
  }
  // Several patterns may have several types: nothing is known then.
  dom::object patterns;
  const bool by_pattern = !json.at_key("patternProperties").get(patterns) && patterns.size() != 0;
  dom::element others;
  bool open = false;
  const bool says_others = !json.at_key("additionalProperties").get(others);
  const bool has_others = says_others && (others.is_object() || (!others.get(open) && open));
  if (!by_pattern && !has_others) return true;
  std::uint32_t inner = 0;
  if (by_pattern && (has_others || patterns.size() > 1)) {
    if (!add(inner)) return false;
  } else if (!read(document, by_pattern ? (*patterns.begin()).value : others, inner)) {
    return false;
  }
  types[type].others = inner;
  return true;
}

bool Reader::fill_items(const std::string& document, dom::object json, std::uint32_t type) {
  dom::element items;
  if (json.at_key("items").get(items)) return true;
  std::uint32_t inner = 0;
  // A list of schemas, draft 7's tuples, says something else of each place.
  if (!(items.is_array() ? add(inner) : read(document, items, inner))) return false;
  types[type].items = inner;
  return true;
}

bool Reader::fill_parts(const std::string& document, dom::object json, std::string_view key,
                        std::vector<std::uint32_t> Type::*parts, std::uint32_t type) {
  dom::array list;
  if (json.at_key(key).get(list)) return true;
  for (const dom::element one : list) {
    std::uint32_t inner = 0;
    if (!read(document, one, inner)) return false;
    (types[type].*parts).push_back(inner);
  }
  return true;
}

bool Reader::refer(const std::string& from, std::string_view target, std::uint32_t type) {
  const std::size_t hash = target.find('#');
  const std::string_view name = target.substr(0, hash);
  const std::string_view pointer = hash == std::string_view::npos ? "" : target.substr(hash + 1);
  const std::string document = name.empty() ? from : std::string(name);
  const auto known = documents_.find(document);
  const std::string whole = document + "#" + std::string(pointer);
  auto meant = referred_.find(whole);
  if (meant == referred_.end()) {
    std::uint32_t inner = 0;
    if (!add(inner)) return false;
    meant = referred_.emplace(whole, inner).first;
    dom::element json;
    if (known != documents_.end() && !known->second.root.at_pointer(pointer).get(json)) {
      open_.push_back({document, json, inner});
    }
  }
  types[type].all.push_back(meant->second);
  return true;
}

}  // namespace
}  // namespace json_schema

ParsedJsonSchema parse_json_schema(std::string_view text, const std::vector<JsonSchemaReference>& references) {
  json_schema::Reader reader;
  bool good = reader.add_document("", text);
  for (const auto& reference : references) {
    good = good && !reference.name.empty() && reader.add_document(reference.name, reference.text);
  }
  if (!good || !reader.run()) return {std::nullopt, reader.problem};
  return {JsonSchema{std::move(reader.types)}, {}};
}

}  // namespace loom::formats
