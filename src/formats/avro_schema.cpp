#include "formats/avro_schema.h"

#include <array>
#include <map>

#include "formats/avro_names.h"
#include "simdjson.h"

namespace loom::formats {
namespace {

namespace dom = simdjson::dom;
using Kind = AvroType::Kind;

constexpr std::size_t kMaxText = std::size_t{10} << 20U;
constexpr std::size_t kMaxLevels = 1000;
constexpr std::size_t kMaxTypes = 100'000;

/// Reads the references and then the schema itself into one list of types. The first problem ends it.
class SchemaReader {
 public:
  /// Reads one whole text. False: see problem().
  bool read(std::string_view text, const std::string& what, std::uint32_t& type);

  std::vector<AvroType> types;
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Named {
    std::uint32_t type = 0;
    unsigned document = 0;
  };

  bool fail(const std::string& what);
  bool schema(dom::element json, const std::string& space, std::uint32_t& type);
  bool object(dom::object json, const std::string& space, std::uint32_t& type);
  bool reference(std::string_view name, const std::string& space, std::uint32_t& type);
  bool choice(dom::array json, const std::string& space, std::uint32_t& type);
  bool list(dom::object json, Kind kind, const std::string& space, std::uint32_t& type);
  bool named(dom::object json, Kind kind, const std::string& space, std::uint32_t& type);
  bool record(dom::object json, const std::string& space, std::uint32_t type);
  bool symbols(dom::object json, std::uint32_t type);
  bool size(dom::object json, std::uint32_t type);
  bool add(Kind kind, std::uint32_t& type);
  void annotate(dom::object json, std::uint32_t type);
  void annotate_unnamed(dom::object json, std::uint32_t type);

  std::map<std::string, Named, std::less<>> names_;
  std::vector<std::string> where_;  ///< the names on the way to what is read
  unsigned document_ = 0;
  std::string problem_;
};

bool SchemaReader::fail(const std::string& what) {
  std::string place;
  for (const std::string& name : where_) place += (place.empty() ? "" : ".") + name;
  problem_ = (place.empty() ? "" : "at " + place + ": ") + what;
  return false;
}

bool SchemaReader::add(Kind kind, std::uint32_t& type) {
  if (types.size() >= kMaxTypes) return fail("it has more than 100000 types");
  type = static_cast<std::uint32_t>(types.size());
  types.emplace_back().kind = kind;
  return true;
}

bool SchemaReader::read(std::string_view text, const std::string& what, std::uint32_t& type) {
  ++document_;
  where_.clear();
  if (text.size() > kMaxText) return fail(what + " is larger than 10 MB");
  dom::parser parser(kMaxText);
  dom::element json;
  auto error = parser.allocate(text.size(), kMaxLevels);
  if (!error) error = parser.parse(text.data(), text.size()).get(json);
  if (error) return fail(what + " is not valid JSON: " + simdjson::error_message(error));
  if (schema(json, "", type)) return true;
  problem_ = "in " + what + ", " + problem_;
  return false;
}

// As deep as the JSON text, which the parser limits.
bool SchemaReader::schema(dom::element json, const std::string& space, std::uint32_t& type) {
  switch (json.type()) {
    case dom::element_type::STRING:
      return reference(std::string_view(json), space, type);
    case dom::element_type::ARRAY:
      return choice(dom::array(json), space, type);
    case dom::element_type::OBJECT:
      return object(dom::object(json), space, type);
    default:
      return fail("a type is a name, an object or a list, not " + simdjson::minify(json));
  }
}

bool SchemaReader::reference(std::string_view name, const std::string& space, std::uint32_t& type) {
  if (const auto primitive = primitive_kind(name)) return add(*primitive, type);
  auto found = names_.find(full_name(name, space));
  // Libraries that know no namespaces leave them out.
  if (found == names_.end()) found = names_.find(name);
  if (found == names_.end()) return fail("the type \"" + std::string(name) + "\" is defined nowhere before");
  type = found->second.type;
  return true;
}

bool SchemaReader::choice(dom::array json, const std::string& space, std::uint32_t& type) {
  if (!add(Kind::choice, type)) return false;
  for (const dom::element branch : json) {
    std::uint32_t inner = 0;
    if (!schema(branch, space, inner)) return false;
    types[type].branches.push_back(inner);
  }
  return true;
}

bool SchemaReader::object(dom::object json, const std::string& space, std::uint32_t& type) {
  dom::element kind;
  if (json.at_key("type").get(kind)) return fail("an object without \"type\" is no type");
  std::string_view name;
  if (kind.get(name)) {
    if (!schema(kind, space, type)) return false;
    annotate_unnamed(json, type);
    return true;
  }
  if (name == "record" || name == "error") return named(json, Kind::record, space, type);
  if (name == "enum") return named(json, Kind::enumeration, space, type);
  if (name == "fixed") return named(json, Kind::fixed, space, type);
  if (name == "array") return list(json, Kind::array, space, type);
  if (name == "map") return list(json, Kind::map, space, type);
  if (!reference(name, space, type)) return false;
  annotate_unnamed(json, type);
  return true;
}

bool SchemaReader::list(dom::object json, Kind kind, const std::string& space, std::uint32_t& type) {
  if (!add(kind, type)) return false;
  const char* const key = kind == Kind::array ? "items" : "values";
  dom::element inner_json;
  if (json.at_key(key).get(inner_json)) {
    return fail(std::string(kind == Kind::array ? "an array" : "a map") + " without \"" + key + "\"");
  }
  std::uint32_t inner = 0;
  if (!schema(inner_json, space, inner)) return false;
  types[type].branches.push_back(inner);
  return true;
}

bool SchemaReader::named(dom::object json, Kind kind, const std::string& space, std::uint32_t& type) {
  std::string_view name;
  if (json.at_key("name").get(name) || name.empty()) return fail("a record, enum or fixed without \"name\"");
  std::string_view own_space;
  const bool has_space = !json.at_key("namespace").get(own_space);
  const std::string full = full_name(name, has_space ? own_space : std::string_view(space));
  where_.push_back(full);
  if (const auto known = names_.find(full); known != names_.end() && known->second.document == document_) {
    return fail("it is defined twice");
  }
  if (!add(kind, type)) return false;
  types[type].name = full;
  // Before its fields, which may lead back to it.
  names_[full] = {type, document_};
  const bool done = kind == Kind::record  ? record(json, namespace_of(full), type)
                    : kind == Kind::fixed ? size(json, type)
                                          : symbols(json, type);
  if (!done) return false;
  where_.pop_back();
  return true;
}

bool SchemaReader::record(dom::object json, const std::string& space, std::uint32_t type) {
  dom::array fields;
  if (json.at_key("fields").get(fields)) return fail("a record without a list of \"fields\"");
  for (const dom::element each : fields) {
    dom::object field;
    std::string_view name;
    if (each.get(field) || field.at_key("name").get(name)) return fail("a field without \"name\"");
    where_.emplace_back(name);
    dom::element inner_json;
    if (field.at_key("type").get(inner_json)) return fail("the field has no \"type\"");
    AvroType::Field made;
    made.name = name;
    dom::array aliases;
    if (!field.at_key("aliases").get(aliases)) {
      for (const dom::element alias : aliases) {
        std::string_view text;
        if (!alias.get(text)) made.aliases.emplace_back(text);
      }
    }
    if (!schema(inner_json, space, made.type)) return false;
    types[type].fields.push_back(std::move(made));
    where_.pop_back();
  }
  return true;
}

bool SchemaReader::symbols(dom::object json, std::uint32_t type) {
  dom::array list;
  if (json.at_key("symbols").get(list)) return fail("an enum without a list of \"symbols\"");
  for (const dom::element each : list) {
    std::string_view symbol;
    if (each.get(symbol)) return fail("a symbol of an enum that is no text: " + simdjson::minify(each));
    types[type].symbols.emplace_back(symbol);
  }
  return true;
}

bool SchemaReader::size(dom::object json, std::uint32_t type) {
  constexpr std::uint64_t kLargest = 0x7FFF'FFFF;
  std::uint64_t size = 0;
  if (json.at_key("size").get(size) || size > kLargest) {
    return fail("a fixed without a \"size\" from 0 to 2147483647");
  }
  types[type].size = size;
  annotate(json, type);
  return true;
}

/// What Debezium calls a type, as Kafka Connect's AvroConverter passes it on beside a plain number.
std::string_view logical_of_connect(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{
      {{"io.debezium.time.Date", "date"},
       {"io.debezium.time.Time", "time-millis"},
       {"io.debezium.time.MicroTime", "time-micros"},
       {"io.debezium.time.Timestamp", "local-timestamp-millis"},
       {"io.debezium.time.MicroTimestamp", "local-timestamp-micros"},
       {"io.debezium.time.NanoTimestamp", "local-timestamp-nanos"}}};
  for (const auto& [connect, logical] : kNames) {
    if (connect == name) return logical;
  }
  return {};
}

/// Takes the logical type over where there is one that fits.
void SchemaReader::annotate(dom::object json, std::uint32_t type) {
  std::string_view name;
  if (!json.at_key("connect.name").get(name)) types[type].connect_name = name;
  if (!json.at_key("connect.type").get(name)) types[type].connect_bits = name == "int16" ? 16 : name == "int8" ? 8 : 0;
  if (json.at_key("logicalType").get(name)) {
    if (json.at_key("connect.name").get(name)) return;
    name = logical_of_connect(name);
  }
  AvroType& annotated = types[type];
  if (name == "decimal") {
    std::int64_t precision = 0;
    std::int64_t scale = 0;
    const bool has_precision = json.at_key("precision").error() == simdjson::SUCCESS;
    if (has_precision && json.at_key("precision").get(precision)) return;
    const bool has_scale = json.at_key("scale").error() == simdjson::SUCCESS;
    if (has_scale && json.at_key("scale").get(scale)) return;
    if (!is_decimal(has_precision, precision, scale)) return;
    annotated.precision = static_cast<int>(precision);
    annotated.scale = static_cast<int>(scale);
  }
  annotated.logical = logical_type(name, annotated);
}

/// A type with a name is not changed by who refers to it.
void SchemaReader::annotate_unnamed(dom::object json, std::uint32_t type) {
  if (types[type].name.empty()) annotate(json, type);
}

/// Makes `root` the first type.
void put_first(std::vector<AvroType>& types, std::uint32_t root) {
  if (root == 0) return;
  std::swap(types[0], types[root]);
  const auto moved = [root](std::uint32_t type) { return type == 0 ? root : type == root ? 0 : type; };
  for (AvroType& type : types) {
    for (AvroType::Field& field : type.fields) field.type = moved(field.type);
    for (std::uint32_t& branch : type.branches) branch = moved(branch);
  }
}

}  // namespace

ParsedAvroSchema parse_avro_schema(std::string_view text, const std::vector<std::string>& references) {
  SchemaReader reader;
  std::uint32_t root = 0;
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (!reader.read(references[i], "reference " + std::to_string(i + 1), root)) {
      return {std::nullopt, reader.problem()};
    }
  }
  if (!reader.read(text, "the schema", root)) return {std::nullopt, reader.problem()};
  put_first(reader.types, root);
  return {AvroSchema{std::move(reader.types)}, {}};
}

}  // namespace loom::formats
