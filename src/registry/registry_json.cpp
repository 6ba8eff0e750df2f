#include "registry/registry_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

namespace loom::registry {
namespace registry_json {
namespace {

namespace dom = simdjson::dom;

std::optional<dom::element> parse(dom::parser& parser, std::string_view body) {
  dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return root;
}

std::string_view type_word(formats::Format format) {
  switch (format) {
    case formats::Format::protobuf:
      return "PROTOBUF";
    case formats::Format::json_schema:
    case formats::Format::json:
      return "JSON";
    case formats::Format::avro:
    case formats::Format::automatic:
    case formats::Format::text:
    case formats::Format::bytes:
      break;
  }
  return "AVRO";
}

/// As a JSON string; what is not UTF-8 becomes U+FFFD.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Reference> read_reference(dom::element element) {
  std::string_view name;
  std::string_view subject;
  Reference reference;
  if (element["name"].get(name) != simdjson::SUCCESS || element["subject"].get(subject) != simdjson::SUCCESS ||
      element["version"].get(reference.version) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  reference.name = name;
  reference.subject = subject;
  return reference;
}

}  // namespace
}  // namespace registry_json

std::optional<SchemaBody> read_schema(std::string_view body) {
  using namespace registry_json;
  dom::parser parser;
  const auto root = parse(parser, body);
  std::string_view schema;
  if (!root || (*root)["schema"].get(schema) != simdjson::SUCCESS) return std::nullopt;
  SchemaBody read;
  read.schema = schema;
  std::string_view type;
  if ((*root)["schemaType"].get(type) == simdjson::SUCCESS) read.type = type;
  if ((*root)["version"].get(read.version) != simdjson::SUCCESS) read.version = 0;
  dom::element references;
  if ((*root)["references"].get(references) != simdjson::SUCCESS || references.is_null()) return read;
  dom::array list;
  if (references.get(list) != simdjson::SUCCESS) return std::nullopt;
  for (const dom::element element : list) {
    auto reference = read_reference(element);
    if (!reference) return std::nullopt;
    read.references.push_back(std::move(*reference));
  }
  return read;
}

ErrorBody read_error(std::string_view body) {
  using namespace registry_json;
  dom::parser parser;
  ErrorBody read;
  const auto root = parse(parser, body);
  if (!root) return read;
  std::string_view message;
  if ((*root)["error_code"].get(read.code) != simdjson::SUCCESS) read.code = 0;
  if ((*root)["message"].get(message) == simdjson::SUCCESS) read.message = message.substr(0, 500);
  return read;
}

std::optional<std::uint64_t> read_registered(std::string_view body) {
  using namespace registry_json;
  dom::parser parser;
  const auto root = parse(parser, body);
  std::uint64_t id = 0;
  if (!root || (*root)["id"].get(id) != simdjson::SUCCESS) return std::nullopt;
  return id;
}

bool is_json_array(std::string_view body) {
  using namespace registry_json;
  dom::parser parser;
  const auto root = parse(parser, body);
  return root && root->is_array();
}

std::string write_schema(const NewSchema& schema) {
  std::string out = fmt::format(R"({{"schemaType":"{}","schema":{})", registry_json::type_word(schema.format),
                                registry_json::quoted(schema.text));
  if (!schema.references.empty()) {
    std::string_view before = R"(,"references":[)";
    for (const Reference& reference : schema.references) {
      out += fmt::format(R"({}{{"name":{},"subject":{},"version":{}}})", before, registry_json::quoted(reference.name),
                         registry_json::quoted(reference.subject), reference.version);
      before = ",";
    }
    out += "]";
  }
  return out + "}";
}

std::optional<formats::Format> format_of_type(std::string_view type) {
  if (type == "AVRO") return formats::Format::avro;
  if (type == "PROTOBUF") return formats::Format::protobuf;
  if (type == "JSON") return formats::Format::json_schema;
  return std::nullopt;
}

}  // namespace loom::registry
