#include "mapping/format_reader.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/similar.h"
#include "formats/schema.h"
#include "mapping/choices.h"
#include "mapping/sources.h"

namespace loom::mapping {
namespace {

using formats::Format;

Place key_place(const TopicMapping& topic, const std::string& key) {
  const auto line = topic.key_lines.find(key);
  return Place{topic.topic, key, line == topic.key_lines.end() ? topic.line : line->second};
}

std::string file_key(const MessageFormat& format) {
  return format.format == Format::protobuf ? "descriptor_file" : "schema_file";
}

std::optional<std::string> content_of(const std::string& path, std::string& problem) {
  std::ostringstream text;
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  if (input) text << input.rdbuf();
  if (input && (text || errno == 0)) return text.str();
  problem = errno != 0 ? std::generic_category().message(errno) : "cannot be read";
  return std::nullopt;
}

/// The names of the messages that a descriptor's last file begins with.
std::vector<std::string> top_messages(const formats::ProtobufSchema& schema) {
  std::vector<std::string> names;
  for (const auto& top : schema.top) names.push_back(schema.messages[top.message].full_name);
  return names;
}

std::string in_a_row(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

class SchemaFile {
 public:
  SchemaFile(TopicMapping& topic, const std::string& mapping_path, Findings& findings)
      : topic_(topic), findings_(findings) {
    const std::filesystem::path given(topic.value_format.file);
    path_ = given.is_absolute() ? given.string() : (std::filesystem::path(mapping_path).parent_path() / given).string();
  }

  void read() {
    MessageFormat& format = topic_.value_format;
    const Place place = key_place(topic_, file_key(format));
    std::string problem;
    auto text = content_of(path_, problem);
    if (!text) {
      findings_.error(place, "is `" + format.file + "`, and " + path_ + " cannot be read: " + problem);
      return;
    }
    auto schema = std::make_shared<formats::Schema>();
    schema->format = format.format;
    if (format.format == Format::avro) {
      auto parsed = formats::parse_avro_schema(*text);
      problem = parsed.problem;
      if (parsed.schema) schema->avro = std::make_shared<const formats::AvroSchema>(std::move(*parsed.schema));
    } else {
      auto parsed = formats::parse_descriptor_set(*text);
      problem = parsed.problem;
      if (parsed.schema) {
        schema->protobuf = std::make_shared<const formats::ProtobufSchema>(std::move(*parsed.schema));
        choose_message(*schema->protobuf);
      }
    }
    if (schema->avro == nullptr && schema->protobuf == nullptr) {
      findings_.error(place, "is `" + format.file + "`, which is no schema that can be used: " + problem);
      return;
    }
    schema->text = std::move(*text);
    format.schema = std::move(schema);
  }

 private:
  void choose_message(const formats::ProtobufSchema& schema) {
    MessageFormat& format = topic_.value_format;
    const auto names = top_messages(schema);
    if (format.message.empty()) {
      if (names.size() == 1) {
        format.message = names.front();
        return;
      }
      findings_.error(key_place(topic_, "message"),
                      "is not there; it says which message of " + format.file + " is meant: " + in_a_row(names));
    } else if (schema.find(format.message) == nullptr) {
      findings_.error(key_place(topic_, "message"), "is `" + format.message + "`, which " + format.file +
                                                        " does not have; " + did_you_mean(format.message, names) +
                                                        "its messages: " + in_a_row(names));
    }
  }

  TopicMapping& topic_;
  Findings& findings_;
  std::string path_;
};

/// Text and bytes have no fields.
void check_sources(const TopicMapping& topic, Findings& findings) {
  const Format format = topic.value_format.format;
  if (format != Format::text && format != Format::bytes) return;
  const std::string why =
      "can never match: a message of `format: " + std::string(to_string(format)) + "` has no fields, only `$value`";
  for (const auto& field : topic.field_mappings) {
    const Source source = read_source(field.source);
    if (source.kind != SourceKind::field || source.of_key) continue;
    Place place = key_place(topic, "field_mappings").inside(field.source, field.line);
    findings.warning(place, why);
  }
  for (const auto& array : topic.array_mappings) {
    findings.warning(key_place(topic, "array_mappings").inside(array.path, array.line), why);
  }
  if (topic.is_minimal()) {
    findings.warning(key_place(topic, "format"), "needs field_mappings: " + why.substr(why.find(':') + 2));
  }
}

}  // namespace

bool MessageFormat::operator==(const MessageFormat& other) const {
  if (format != other.format || file != other.file || message != other.message) return false;
  if (schema == nullptr || other.schema == nullptr) return schema == other.schema;
  return schema->text == other.schema->text;
}

bool MessageFormat::needs_registry() const {
  const bool has_schemas = format == Format::avro || format == Format::protobuf || format == Format::automatic;
  return has_schemas && file.empty();
}

std::string_view to_string(Format format) {
  switch (format) {
    case Format::json:
      return "json";
    case Format::json_schema:
      return "json_schema";
    case Format::avro:
      return "avro";
    case Format::protobuf:
      return "protobuf";
    case Format::automatic:
      return "auto";
    case Format::text:
      return "text";
    case Format::bytes:
      return "bytes";
  }
  return "json";
}

void read_format(const YAML::Node& node, const Place& place, Findings& findings, MessageFormat& out) {
  if (node.IsNull()) {
    findings.warning(place, "is empty and is ignored; accepted: " + kFormats.names());
    return;
  }
  const auto text = text_of(node, place, findings);
  if (!text) return;
  const auto format = kFormats.find(*text);
  if (!format) findings.error(place, kFormats.refusal(*text));
  out.format = format.value_or(out.format);
}

void read_schema_file(const YAML::Node& node, const Place& place, Findings& findings, MessageFormat& out) {
  const auto text = text_of(node, place, findings);
  if (node.IsNull() || (text && text->empty())) {
    findings.error(place, "is empty; it takes a path, which is looked for beside the mapping file");
  } else if (text) {
    out.file = *text;
  }
}

void finish_format(TopicMapping& topic, const std::string& mapping_path, Findings& findings) {
  const auto has = [&topic](const char* key) { return topic.key_lines.count(key) != 0; };
  const Format format = topic.value_format.format;
  const auto needs = [&](const char* key, Format wanted) {
    if (!has(key) || format == wanted) return true;
    findings.error(key_place(topic, key), "goes with `format: " + std::string(to_string(wanted)) +
                                              "`, and the topic's format is `" + std::string(to_string(format)) + "`");
    return false;
  };
  bool fits = needs("schema_file", Format::avro);
  fits = needs("descriptor_file", Format::protobuf) && fits;
  fits = needs("message", Format::protobuf) && fits;
  if (fits && has("message") && topic.value_format.file.empty()) {
    findings.error(key_place(topic, "message"),
                   "goes with a descriptor_file; a registry's messages say themselves which they are");
  } else if (fits && !topic.value_format.file.empty()) {
    SchemaFile(topic, mapping_path, findings).read();
  }
  check_sources(topic, findings);
}

}  // namespace loom::mapping
