#include "formats/protobuf_link.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace loom::formats {
namespace {

using FieldType = ProtobufField::Type;
using WellKnown = ProtobufMessage::WellKnown;

constexpr std::size_t kMostProtobufTypes = 100'000;
constexpr std::int32_t kHighestFieldNumber = 536'870'911;

/// A message or an enumeration that a name may stand for.
struct LinkedType {
  bool is_message = false;
  std::uint32_t index = 0;
  std::size_t file = 0;
};

class ProtobufLinker {
 public:
  ProtobufLinker(const std::vector<SourceFile>& files, std::size_t main, const std::vector<std::string>& missing)
      : files_(files), main_(main), missing_(missing) {}

  ParsedProtobufSchema run() {
    for (std::size_t file = 0; file < files_.size(); ++file) {
      declare_package(file);
      for (const ProtobufEnum& each : files_[file].enums) declare_enum(each, file);
      for (const SourceMessage& message : files_[file].messages) {
        ProtobufSchema::Nested nested = declare(message, file);
        if (file == main_) schema_.top.push_back(std::move(nested));
      }
    }
    if (types_.size() > kMostProtobufTypes) problem_ = "it has more than 100,000 types";
    for (std::size_t i = 0; i < sources_.size() && problem_.empty(); ++i) fill(static_cast<std::uint32_t>(i));
    if (!problem_.empty()) return {.schema = {}, .problem = std::move(problem_)};
    for (ProtobufMessage& message : schema_.messages) message.known = known_type(message);
    return {.schema = std::move(schema_), .problem = {}};
  }

 private:
  struct Source {
    const SourceMessage* message;
    std::size_t file;
  };

  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  void declare_package(std::size_t file) {
    const std::string& package = files_[file].package;
    for (std::size_t dot = package.find('.'); dot != std::string::npos; dot = package.find('.', dot + 1)) {
      packages_[package.substr(0, dot)].insert(file);
    }
    if (!package.empty()) packages_[package].insert(file);
    file_of_.try_emplace(files_[file].path, file);
  }

  void declare_name(const std::string& name, LinkedType type) {
    if (!types_.try_emplace(name, type).second) fail(name + " is defined twice");
  }

  void declare_enum(const ProtobufEnum& from, std::size_t file) {
    declare_name(from.full_name, {false, static_cast<std::uint32_t>(schema_.enums.size()), file});
    schema_.enums.push_back(from);
  }

  // Files were read with a limit to how deep messages stand in messages.
  ProtobufSchema::Nested declare(const SourceMessage& from, std::size_t file) {
    const auto index = static_cast<std::uint32_t>(schema_.messages.size());
    declare_name(from.full_name, {true, index, file});
    schema_.messages.emplace_back().full_name = from.full_name;
    sources_.push_back({&from, file});
    ProtobufSchema::Nested made{index, {}};
    for (const SourceMessage& nested : from.nested) made.nested.push_back(declare(nested, file));
    return made;
  }

  /// The file itself, what it imports, and what that imports for others.
  const std::set<std::size_t>& visible_from(std::size_t file) {
    const auto [found, is_new] = visible_.try_emplace(file);
    std::set<std::size_t>& seen = found->second;
    if (!is_new) return seen;
    seen.insert(file);
    std::vector<std::string> open = files_[file].imports;
    while (!open.empty()) {
      const auto import = file_of_.find(open.back());
      open.pop_back();
      if (import == file_of_.end() || !seen.insert(import->second).second) continue;
      const auto& further = files_[import->second].public_imports;
      open.insert(open.end(), further.begin(), further.end());
    }
    return seen;
  }

  const LinkedType* type_named(const std::string& name, const std::set<std::size_t>& visible) const {
    const auto found = types_.find(name);
    return found != types_.end() && visible.contains(found->second.file) ? &found->second : nullptr;
  }

  bool is_package(const std::string& name, const std::set<std::size_t>& visible) const {
    const auto found = packages_.find(name);
    return found != packages_.end() &&
           std::ranges::any_of(found->second, [&](std::size_t file) { return visible.contains(file); });
  }

  /// From the innermost scope outwards. Where the first part of a name with dots is found, the whole has to be.
  const LinkedType* look_up(const std::string& name, std::string scope, std::size_t file) {
    const auto& visible = visible_from(file);
    if (name.starts_with('.')) return type_named(name.substr(1), visible);
    const std::size_t dot = name.find('.');
    const std::string first = name.substr(0, dot);
    for (;;) {
      // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
      const std::string start = scope.empty() ? first : scope + "." + first;
      const LinkedType* found = type_named(start, visible);
      if (dot == std::string::npos) {
        if (found != nullptr) return found;
      } else if ((found != nullptr && found->is_message) || is_package(start, visible)) {
        return type_named(start + name.substr(dot), visible);
      }
      if (scope.empty()) return nullptr;
      const std::size_t last = scope.rfind('.');
      scope.resize(last == std::string::npos ? 0 : last);
    }
  }

  bool resolve(const SourceField& from, const Source& inside, ProtobufField& field) {
    const bool is_named = from.named || field.type == FieldType::message || field.type == FieldType::group ||
                          field.type == FieldType::enumeration;
    if (!is_named) return true;
    const LinkedType* type = look_up(from.type_name, inside.message->full_name, inside.file);
    if (type == nullptr) {
      std::string problem =
          inside.message->full_name + "." + field.name + ": the type " + from.type_name + " is not known";
      for (std::size_t i = 0; i < missing_.size() && i < 3; ++i) {
        problem += (i == 0 ? " (imported, but not there: " : ", ") + missing_[i];
      }
      fail(problem + (missing_.empty() ? "" : ")"));
      return false;
    }
    if (from.named) {
      field.type = type->is_message ? FieldType::message : FieldType::enumeration;
    } else if ((field.type == FieldType::enumeration) == type->is_message) {
      fail(inside.message->full_name + "." + field.name + ": " + from.type_name + " is a type of another kind");
      return false;
    }
    field.type_index = type->index;
    if (!type->is_message) return true;
    field.has_presence = !field.repeated;
    const bool is_entry = sources_[type->index].message->map_entry;
    field.map = field.repeated && is_entry;
    if (field.type == FieldType::message && from.delimited && !is_entry && !inside.message->map_entry)
      field.type = FieldType::group;
    return true;
  }

  void fill(std::uint32_t index) {
    const Source source = sources_[index];
    std::vector<ProtobufField> fields;
    for (const SourceField& from : source.message->fields) {
      ProtobufField field = from.field;
      if (field.number <= 0 || field.number > kHighestFieldNumber) {
        return fail(source.message->full_name + "." + field.name + ": " + std::to_string(field.number) +
                    " is no number for a field");
      }
      if (!resolve(from, source, field)) return;
      fields.push_back(std::move(field));
    }
    std::ranges::sort(fields, {}, &ProtobufField::number);
    const auto twice = std::ranges::adjacent_find(fields, {}, &ProtobufField::number);
    if (twice != fields.end()) {
      return fail(source.message->full_name + ": two fields have the number " + std::to_string(twice->number));
    }
    const auto is_scalar_key = [](FieldType type) {
      return type != FieldType::message && type != FieldType::group && type != FieldType::enumeration &&
             type != FieldType::bytes && type != FieldType::float32 && type != FieldType::float64;
    };
    if (source.message->map_entry && (fields.size() != 2 || fields[0].number != 1 || fields[1].number != 2 ||
                                      fields[0].repeated || fields[1].repeated || !is_scalar_key(fields[0].type))) {
      return fail(source.message->full_name + " is no entry of a map");
    }
    schema_.messages[index].fields = std::move(fields);
  }

  bool is_shape(const ProtobufMessage& message, std::initializer_list<FieldType> types) const {
    if (message.fields.size() != types.size()) return false;
    std::int32_t number = 0;
    for (const FieldType type : types) {
      const ProtobufField& field = message.fields[static_cast<std::size_t>(number)];
      if (field.number != ++number || field.type != type) return false;
    }
    return true;
  }

  const std::string& type_name(const ProtobufField& field) const {
    return schema_.messages[field.type_index].full_name;
  }

  /// What a message of google.protobuf stands for, provided that it is built as everybody's.
  WellKnown known_type(const ProtobufMessage& message) const {
    constexpr std::string_view kPackage = "google.protobuf.";
    std::string_view name = message.full_name;
    if (!name.starts_with(kPackage)) return WellKnown::none;
    name.remove_prefix(kPackage.size());
    const auto& fields = message.fields;
    const bool is_time =
        is_shape(message, {FieldType::int64, FieldType::int32}) && !fields[0].repeated && !fields[1].repeated;
    if (name == "Timestamp") return is_time ? WellKnown::timestamp : WellKnown::none;
    if (name == "Duration") return is_time ? WellKnown::duration : WellKnown::none;
    if (name == "Any") return WellKnown::any;
    if (name == "FieldMask") return WellKnown::field_mask;
    if (name == "Empty") return WellKnown::empty;
    if (name == "Struct") {
      const bool fits = is_shape(message, {FieldType::message}) && fields[0].map &&
                        is_values(schema_.messages[fields[0].type_index].fields[1]) &&
                        schema_.messages[fields[0].type_index].fields[0].type == FieldType::string;
      return fits ? WellKnown::structure : WellKnown::none;
    }
    if (name == "ListValue") {
      const bool fits = is_shape(message, {FieldType::message}) && fields[0].repeated && is_values(fields[0]);
      return fits ? WellKnown::list_value : WellKnown::none;
    }
    if (name == "Value") {
      const bool fits = is_shape(message, {FieldType::enumeration, FieldType::float64, FieldType::string,
                                           FieldType::boolean, FieldType::message, FieldType::message}) &&
                        std::ranges::all_of(fields, [](const auto& field) { return field.oneof == 0; }) &&
                        type_name(fields[4]) == "google.protobuf.Struct" &&
                        type_name(fields[5]) == "google.protobuf.ListValue";
      return fits ? WellKnown::value : WellKnown::none;
    }
    constexpr std::array<std::string_view, 9> kWrappers{"DoubleValue", "FloatValue",  "Int64Value",
                                                        "UInt64Value", "Int32Value",  "UInt32Value",
                                                        "BoolValue",   "StringValue", "BytesValue"};
    if (std::ranges::find(kWrappers, name) == kWrappers.end()) return WellKnown::none;
    const bool fits = fields.size() == 1 && fields[0].number == 1 && !fields[0].repeated &&
                      fields[0].type != FieldType::message && fields[0].type != FieldType::group &&
                      fields[0].type != FieldType::enumeration;
    return fits ? WellKnown::wrapper : WellKnown::none;
  }

  bool is_values(const ProtobufField& field) const {
    return field.type == FieldType::message && type_name(field) == "google.protobuf.Value";
  }

  const std::vector<SourceFile>& files_;
  std::size_t main_;
  const std::vector<std::string>& missing_;
  ProtobufSchema schema_;
  std::vector<Source> sources_;  ///< by message
  std::map<std::string, LinkedType> types_;
  std::map<std::string, std::set<std::size_t>> packages_;  ///< and the files that have them
  std::map<std::string, std::size_t> file_of_;
  std::map<std::size_t, std::set<std::size_t>> visible_;
  std::string problem_;
};

}  // namespace

ParsedProtobufSchema link_protobuf(const std::vector<SourceFile>& files, std::size_t main,
                                   const std::vector<std::string>& missing) {
  return ProtobufLinker(files, main, missing).run();
}

}  // namespace loom::formats
