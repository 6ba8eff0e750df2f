#include <set>
#include <stdexcept>

#include "samples/field_numbers.h"
#include "samples/sample_schema.h"
#include "samples/schema_names.h"
#include "text/json_text.h"

namespace loom::samples {
namespace {
namespace proto_schema_text {

using Kind = SampleType::Kind;

class ProtoWriter {
 public:
  std::string write(const SampleType& root, const std::string& topic) {
    write_message(root, names_.record(topic), "");
    std::string head = "syntax = \"proto3\";\n\npackage samples;\n\n";
    if (timestamps_) head += "import \"google/protobuf/timestamp.proto\";\n\n";
    return head + text_;
  }

 private:
  void write_message(const SampleType& type, const std::string& name, const std::string& indent) {
    text_ += indent + "message " + name + " {\n";
    const std::string inner = indent + "  ";
    std::set<std::string> used;
    for (std::size_t i = 0; i < type.fields.size(); ++i) write_field(type.fields[i], i, used, inner);
    text_ += indent + "}\n";
  }

  void write_field(const SampleType::Field& field, std::size_t place, std::set<std::string>& used,
                   const std::string& indent) {
    const bool list = field.type.kind == Kind::list;
    const SampleType& type = list ? field.type.element.front() : field.type;
    if (type.kind == Kind::list) {
      throw std::runtime_error("field " + field.name + " is a list of lists, which Protobuf does not have");
    }
    std::string type_name;
    if (type.kind == Kind::record) {
      type_name = names_.record(list ? field.name + " element" : field.name);
      write_message(type, type_name, indent);
    } else {
      type_name = scalar_name(type);
    }
    const std::string identifier = as_identifier(field.name);
    std::string name = identifier;
    for (int i = 2; !used.insert(name).second; ++i) name = identifier + "_" + std::to_string(i);
    // Messages are always optional.
    const bool says_optional = field.optional && type.kind != Kind::record && type.kind != Kind::timestamp;
    text_ += indent +
             (list            ? "repeated "
              : says_optional ? "optional "
                              : "") +
             type_name + ' ' + name + " = " + std::to_string(field_number(place));
    if (name != field.name) text_ += " [json_name = " + text::json_text(field.name) + "]";
    text_ += ";\n";
  }

  std::string scalar_name(const SampleType& type) {
    switch (type.kind) {
      case Kind::boolean:
        return "bool";
      case Kind::integer:
        return type.unit == SampleType::Unit::small ? "int32" : "int64";
      case Kind::real:
        return "double";
      case Kind::bytes:
      case Kind::base64:
        return "bytes";
      case Kind::timestamp:
        timestamps_ = true;
        return "google.protobuf.Timestamp";
      default:
        return "string";  // Protobuf has no types of its own for decimals, dates and times
    }
  }

  SchemaNames names_;
  std::string text_;
  bool timestamps_ = false;
};

}  // namespace proto_schema_text
}  // namespace

std::string proto_text(const SampleType& root, const std::string& topic) {
  if (root.kind != SampleType::Kind::record) {
    throw std::runtime_error("topic " + topic + ": its messages are lists, and a Protobuf message cannot be one");
  }
  return proto_schema_text::ProtoWriter().write(root, topic);
}

}  // namespace loom::samples
