#include "formats/protobuf_source.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/api.pb.h>
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/source_context.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wrappers.pb.h>

#include <array>
#include <climits>
#include <utility>

#include "formats/proto_text.h"

// The one file that knows libprotobuf. Of its descriptors only the plain messages are used: the libraries of Debian 12
// know no editions, so features and names are looked up here and in protobuf_link.cpp.
namespace loom::formats {
namespace {

namespace pb = google::protobuf;

/// What options called features decide, by their numbers in FeatureSet.
struct ProtobufFeatures {
  enum : int { kPresence = 1, kEnumType = 2, kUtf8 = 4, kEncoding = 5, kCount = 6 };
  std::array<int, kCount> values{};

  [[nodiscard]] bool explicit_presence() const { return values[kPresence] != 2; }
  [[nodiscard]] bool required() const { return values[kPresence] == 3; }
  [[nodiscard]] bool closed() const { return values[kEnumType] == 2; }
  [[nodiscard]] bool checks_utf8() const { return values[kUtf8] == 2; }
  [[nodiscard]] bool delimited() const { return values[kEncoding] == 2; }
};

constexpr ProtobufFeatures kProto2Features{{0, 1, 2, 2, 3, 1}};
constexpr ProtobufFeatures kProto3Features{{0, 2, 1, 1, 2, 1}};
constexpr ProtobufFeatures kEditionFeatures{{0, 1, 1, 1, 2, 1}};

struct FeatureName {
  std::string_view feature;
  int number;
  std::string_view value;
  int meaning;
};
constexpr std::array kFeatureNames{
    FeatureName{"field_presence", 1, "EXPLICIT", 1},
    FeatureName{"field_presence", 1, "IMPLICIT", 2},
    FeatureName{"field_presence", 1, "LEGACY_REQUIRED", 3},
    FeatureName{"enum_type", 2, "OPEN", 1},
    FeatureName{"enum_type", 2, "CLOSED", 2},
    FeatureName{"utf8_validation", 4, "VERIFY", 2},
    FeatureName{"utf8_validation", 4, "NONE", 3},
    FeatureName{"message_encoding", 5, "LENGTH_PREFIXED", 1},
    FeatureName{"message_encoding", 5, "DELIMITED", 2},
};

void set_feature(std::string_view feature, std::string_view value, ProtobufFeatures& features) {
  for (const FeatureName& known : kFeatureNames) {
    if (known.feature == feature && known.value == value) {
      features.values[static_cast<std::size_t>(known.number)] = known.meaning;
    }
  }
}

/// `field_presence: IMPLICIT enum_type: CLOSED`: pairs of words, with any signs between them.
void set_feature_list(std::string_view text, ProtobufFeatures& features) {
  const auto is_word = [](char c) { return c == '_' || (c >= '0' && c <= '9') || (c | 0x20) >= 'a'; };
  std::string_view feature;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == at) {
      ++at;
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    if (feature.empty()) {
      feature = word;
    } else {
      set_feature(std::exchange(feature, {}), word, features);
    }
    at = end;
  }
}

/// The features that hold where `options` stand, inside of where `features` hold. Texts have them as options that
/// nobody has interpreted, descriptors as a field (of this number) that libraries before editions do not know.
template <typename Options>
ProtobufFeatures features_inside(ProtobufFeatures features, const Options& options, int number) {
  for (const auto& option : options.uninterpreted_option()) {
    if (option.name_size() == 0 || option.name(0).is_extension() || option.name(0).name_part() != "features") continue;
    if (option.name_size() == 1) {
      set_feature_list(option.aggregate_value(), features);
    } else if (option.name_size() == 2) {
      set_feature(option.name(1).name_part(), option.identifier_value(), features);
    }
  }
  const pb::UnknownFieldSet& unknown = options.unknown_fields();
  for (int i = 0; i < unknown.field_count(); ++i) {
    const pb::UnknownField& field = unknown.field(i);
    if (field.number() != number || field.type() != pb::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    pb::UnknownFieldSet set;
    if (!set.ParseFromString(field.length_delimited())) continue;
    for (int k = 0; k < set.field_count(); ++k) {
      const pb::UnknownField& feature = set.field(k);
      if (feature.type() != pb::UnknownField::TYPE_VARINT || feature.number() >= ProtobufFeatures::kCount) continue;
      if (feature.varint() == 0 || feature.varint() > 3) continue;
      features.values[static_cast<std::size_t>(feature.number())] = static_cast<int>(feature.varint());
    }
  }
  return features;
}

std::string name_inside(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : scope + "." + name;
}

std::string json_name_of(std::string_view name) {
  std::string made;
  bool upper = false;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    made += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return made;
}

ProtobufField::Type type_of(pb::FieldDescriptorProto::Type type) {
  using To = ProtobufField::Type;
  switch (type) {
    case pb::FieldDescriptorProto::TYPE_DOUBLE:
      return To::float64;
    case pb::FieldDescriptorProto::TYPE_FLOAT:
      return To::float32;
    case pb::FieldDescriptorProto::TYPE_INT64:
      return To::int64;
    case pb::FieldDescriptorProto::TYPE_UINT64:
      return To::uint64;
    case pb::FieldDescriptorProto::TYPE_INT32:
      return To::int32;
    case pb::FieldDescriptorProto::TYPE_FIXED64:
      return To::fixed64;
    case pb::FieldDescriptorProto::TYPE_FIXED32:
      return To::fixed32;
    case pb::FieldDescriptorProto::TYPE_BOOL:
      return To::boolean;
    case pb::FieldDescriptorProto::TYPE_STRING:
      return To::string;
    case pb::FieldDescriptorProto::TYPE_GROUP:
      return To::group;
    case pb::FieldDescriptorProto::TYPE_MESSAGE:
      return To::message;
    case pb::FieldDescriptorProto::TYPE_BYTES:
      return To::bytes;
    case pb::FieldDescriptorProto::TYPE_UINT32:
      return To::uint32;
    case pb::FieldDescriptorProto::TYPE_ENUM:
      return To::enumeration;
    case pb::FieldDescriptorProto::TYPE_SFIXED32:
      return To::sfixed32;
    case pb::FieldDescriptorProto::TYPE_SFIXED64:
      return To::sfixed64;
    case pb::FieldDescriptorProto::TYPE_SINT32:
      return To::sint32;
    case pb::FieldDescriptorProto::TYPE_SINT64:
      return To::sint64;
  }
  return To::message;
}

// The numbers of `features` in the options of each kind of thing.
constexpr int kInFile = 50;
constexpr int kInMessage = 12;
constexpr int kInField = 21;
constexpr int kInEnum = 7;
constexpr int kInOneof = 1;

/// One file's descriptor into our own form.
class SourceReader {
 public:
  SourceReader(const pb::FileDescriptorProto& file, ProtobufFeatures features) : file_(file), features_(features) {}

  SourceFile run() {
    made_.path = file_.name();
    made_.package = file_.package();
    made_.imports.assign(file_.dependency().begin(), file_.dependency().end());
    for (const int index : file_.public_dependency()) {
      if (index >= 0 && index < file_.dependency_size()) made_.public_imports.push_back(file_.dependency(index));
    }
    const ProtobufFeatures features = features_inside(features_, file_.options(), kInFile);
    for (const auto& message : file_.message_type()) {
      made_.messages.push_back(message_of(message, made_.package, features));
    }
    for (const auto& each : file_.enum_type()) made_.enums.push_back(enum_of(each, made_.package, features));
    return std::move(made_);
  }

 private:
  SourceMessage message_of(const pb::DescriptorProto& from, const std::string& scope, ProtobufFeatures outer) {
    const ProtobufFeatures features = features_inside(outer, from.options(), kInMessage);
    SourceMessage made;
    made.full_name = name_inside(scope, from.name());
    made.map_entry = from.options().map_entry();
    for (const auto& field : from.field()) made.fields.push_back(field_of(field, from, features));
    for (const auto& nested : from.nested_type()) made.nested.push_back(message_of(nested, made.full_name, features));
    for (const auto& each : from.enum_type()) made_.enums.push_back(enum_of(each, made.full_name, features));
    return made;
  }

  static SourceField field_of(const pb::FieldDescriptorProto& from, const pb::DescriptorProto& message,
                              ProtobufFeatures features) {
    const bool member =
        from.has_oneof_index() && from.oneof_index() >= 0 && from.oneof_index() < message.oneof_decl_size();
    if (member) {
      features = features_inside(features, message.oneof_decl(from.oneof_index()).options(), kInOneof);
    }
    features = features_inside(features, from.options(), kInField);
    SourceField made;
    ProtobufField& field = made.field;
    field.name = from.name();
    field.json_name = from.has_json_name() ? from.json_name() : json_name_of(from.name());
    field.number = from.number();
    made.named = !from.has_type();
    field.type = type_of(from.type());
    if (made.named) field.type = ProtobufField::Type::message;
    made.type_name = from.type_name();
    made.delimited = features.delimited();
    field.repeated = from.label() == pb::FieldDescriptorProto::LABEL_REPEATED;
    field.required =
        from.label() == pb::FieldDescriptorProto::LABEL_REQUIRED || (!field.repeated && features.required());
    field.checks_utf8 = features.checks_utf8();
    if (member && !from.proto3_optional()) field.oneof = from.oneof_index();
    field.has_presence =
        !field.repeated && (member || from.proto3_optional() || field.required || features.explicit_presence());
    return made;
  }

  static ProtobufEnum enum_of(const pb::EnumDescriptorProto& from, const std::string& scope, ProtobufFeatures outer) {
    ProtobufEnum made;
    made.full_name = name_inside(scope, from.name());
    made.closed = features_inside(outer, from.options(), kInEnum).closed();
    for (const auto& value : from.value()) made.names.try_emplace(value.number(), value.name());
    return made;
  }

  const pb::FileDescriptorProto& file_;
  ProtobufFeatures features_;
  SourceFile made_;
};

ReadSource read_with_edition(const pb::FileDescriptorProto& file, std::string_view edition) {
  if (edition != "2023" && edition != "2024") {
    return {.file = {}, .problem = "edition " + std::string(edition) + " is not one of those known: 2023 and 2024"};
  }
  return {.file = SourceReader(file, kEditionFeatures).run(), .problem = {}};
}

ReadSource read_descriptor(const pb::FileDescriptorProto& file) {
  constexpr int kEdition = 14;
  const std::string& syntax = file.syntax();
  if (syntax == "editions") {
    std::uint64_t number = 0;
    const pb::UnknownFieldSet& unknown = file.unknown_fields();
    for (int i = 0; i < unknown.field_count(); ++i) {
      const pb::UnknownField& field = unknown.field(i);
      if (field.number() == kEdition && field.type() == pb::UnknownField::TYPE_VARINT) number = field.varint();
    }
    return read_with_edition(file, number == 1000 ? "2023" : number == 1001 ? "2024" : std::to_string(number));
  }
  if (syntax != "proto3" && syntax != "proto2" && !syntax.empty()) {
    return {.file = {}, .problem = "its syntax is " + syntax + ", not proto2 or proto3"};
  }
  return {.file = SourceReader(file, syntax == "proto3" ? kProto3Features : kProto2Features).run(), .problem = {}};
}

/// Keeps the first of a parser's complaints.
class FirstComplaint final : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = message;
    if (line >= 0) text_ += " (line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ")";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

ReadSource read_text(std::string_view text) {
  const PlainProtoText plain = plain_proto_text(text);
  if (!plain.problem.empty()) return {.file = {}, .problem = plain.problem};
  pb::io::ArrayInputStream stream(plain.text.data(), static_cast<int>(plain.text.size()));
  FirstComplaint complaint;
  pb::io::Tokenizer tokenizer(&stream, &complaint);
  pb::compiler::Parser parser;
  parser.RecordErrorsTo(&complaint);
  pb::FileDescriptorProto file;
  if (!parser.Parse(&tokenizer, &file) || !complaint.text().empty()) {
    return {.file = {}, .problem = complaint.text().empty() ? "it is no .proto text" : complaint.text()};
  }
  return plain.edition.empty() ? read_descriptor(file) : read_with_edition(file, plain.edition);
}

/// The bytes of a text that is nothing but Base64, line breaks and blanks.
std::optional<std::string> from_base64(std::string_view text) {
  std::string made;
  std::uint32_t bits = 0;
  unsigned held = 0;
  bool padded = false;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '-') {
      digit = 62;
    } else if (c == '/' || c == '_') {
      digit = 63;
    } else if (c == '=') {
      padded = true;
      continue;
    } else {
      return std::nullopt;
    }
    if (padded) return std::nullopt;
    bits = bits << 6U | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    made += static_cast<char>(static_cast<unsigned char>(bits >> held));
  }
  return made;
}

bool parse_bytes(std::string_view bytes, pb::Message& message) {
  return bytes.size() <= INT_MAX && message.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

ReadSource read_protobuf_source(std::string_view path, std::string_view text) {
  const auto bytes = from_base64(text);
  pb::FileDescriptorProto descriptor;
  const bool is_descriptor = bytes && !bytes->empty() && parse_bytes(*bytes, descriptor);
  ReadSource read = is_descriptor ? read_descriptor(descriptor) : read_text(text);
  if (read.file) read.file->path = path;
  return read;
}

ReadSources read_protobuf_sources(std::string_view bytes) {
  pb::FileDescriptorSet set;
  if (!parse_bytes(bytes, set)) return {.files = {}, .problem = "it is no FileDescriptorSet"};
  ReadSources made;
  for (const auto& file : set.file()) {
    ReadSource read = read_descriptor(file);
    if (!read.file) return {.files = {}, .problem = file.name() + ": " + read.problem};
    made.files.push_back(std::move(*read.file));
  }
  if (made.files.empty()) made.problem = "it is a FileDescriptorSet without a file";
  return made;
}

std::optional<SourceFile> built_in_protobuf_source(std::string_view path) {
  constexpr std::string_view kFolder = "google/protobuf/";
  if (const std::string_view text = google_type_text(path); !text.empty()) return read_protobuf_source(path, text).file;
  if (!path.starts_with(kFolder)) return std::nullopt;
  const std::array known{pb::Timestamp::descriptor()->file(),
                         pb::Duration::descriptor()->file(),
                         pb::Struct::descriptor()->file(),
                         pb::Int32Value::descriptor()->file(),
                         pb::Any::descriptor()->file(),
                         pb::FieldMask::descriptor()->file(),
                         pb::Empty::descriptor()->file(),
                         pb::Type::descriptor()->file(),
                         pb::FileDescriptorProto::descriptor()->file(),
                         pb::Api::descriptor()->file(),
                         pb::SourceContext::descriptor()->file()};
  for (const pb::FileDescriptor* file : known) {
    if (file->name() != path) continue;
    pb::FileDescriptorProto descriptor;
    file->CopyTo(&descriptor);
    file->CopyJsonNameTo(&descriptor);
    return read_descriptor(descriptor).file;
  }
  return std::nullopt;
}

}  // namespace loom::formats
