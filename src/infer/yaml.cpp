#include "infer/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/plural.h"
#include "text/json_text.h"
#include "text/values.h"

namespace loom::infer {
namespace {

/// Whether YAML, 1.1 and 1.2, takes the text for a string as it stands.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kWords{"true", "false", "yes", "no", "on", "off",
                                                           "null", "y",     "n",   "~",  "inf"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text.front())) return false;
  const bool safe = std::all_of(text.begin(), text.end(),
                                [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
  return safe && std::find(kWords.begin(), kWords.end(), text::lower(text)) == kWords.end();
}

/// YAML's double quotes take JSON's escapes.
std::string scalar(const std::string& text) { return is_plain(text) ? text : text::json_text(text); }

/// A table's name is read as one: a dot in it would part it.
std::string table_name(const std::string& name) {
  return name.find_first_of(".\"") == std::string::npos ? scalar(name)
                                                        : text::json_text(mapping::TableName{"", name}.quoted());
}

std::string comment(const std::string& doubt) { return doubt.empty() ? "" : "  # ? " + doubt; }

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + scalar(name);
  return "[" + out + "]";
}

std::string type_lines(const std::vector<DraftColumn>& columns) {
  std::string out;
  for (const DraftColumn& column : columns) {
    if (column.type == mapping::ValueType::bytes) continue;  // they are told by their transform
    out += fmt::format("      {}: {}{}\n", scalar(column.column), to_string(column.type), comment(column.doubt));
  }
  return out;
}

std::string transform_lines(const std::vector<DraftColumn>& columns) {
  std::string out;
  for (const DraftColumn& column : columns) {
    if (column.type != mapping::ValueType::bytes) continue;
    out += fmt::format("      {}: base64_decode{}\n", scalar(column.column), comment(column.doubt));
  }
  return out;
}

std::string list_lines(const DraftList& of, const std::vector<std::string>& key) {
  std::string out = fmt::format("      {}:\n", scalar(of.path));
  if (!of.table.empty()) {
    out += fmt::format("        table: {}\n        foreign_key_mapping:\n", table_name(of.table));
    for (const std::string& column : key) out += fmt::format("          {}: {}\n", scalar(column), scalar(column));
  }
  out += fmt::format("        sequence_field: {}\n        element_mappings:\n", scalar(of.sequence));
  for (const DraftColumn& column : of.columns) {
    out += fmt::format("          {}: {}\n", scalar(column.source), scalar(column.column));
  }
  return out;
}

/// The fields that a message has to have: those that its key is made of.
std::vector<std::string> required_of(const MappingDraft& draft) {
  std::vector<std::string> required;
  for (const DraftColumn& column : draft.columns) {
    const bool in_key = std::find(draft.key.begin(), draft.key.end(), column.column) != draft.key.end();
    if (in_key && !column.source.starts_with('$')) required.push_back(column.source);
  }
  return required;
}

}  // namespace

std::string to_yaml(const MappingDraft& draft) {
  std::string out = fmt::format(
      "# Made from {}. Where a line has a comment with `?`, look whether it guessed right.\n"
      "schema_version: v1\n\ntopics:\n  {}:\n    table: {}\n    field_mappings:\n",
      plural(draft.messages, "message"), scalar(draft.topic), table_name(draft.table));
  for (const DraftColumn& column : draft.columns) {
    out += fmt::format("      {}: {}\n", scalar(column.source), scalar(column.column));
  }
  std::string types = type_lines(draft.columns);
  std::string transforms = transform_lines(draft.columns);
  for (const DraftList& of : draft.lists) {
    types += type_lines(of.columns);
    transforms += transform_lines(of.columns);
  }
  if (!types.empty()) out += "    data_types:\n" + types;
  if (!transforms.empty()) out += "    transforms:\n" + transforms;
  if (const auto required = required_of(draft); !required.empty()) {
    out += "    required_fields: " + list(required) + "\n";
  }
  out += fmt::format("    upsert_key: {}{}\n", list(draft.key), comment(draft.key_doubt));
  out += fmt::format("    conflict_strategy: {}\n", draft.updates ? "update" : "ignore");
  if (draft.lists.empty()) return out;
  out += "    array_mappings:\n";
  for (const DraftList& of : draft.lists) out += list_lines(of, draft.key);
  return out;
}

}  // namespace loom::infer
