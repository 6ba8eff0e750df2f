#include "preview/render.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "text/text_table.h"

namespace loom::preview {
namespace {

constexpr std::size_t kShownCharacters = 60;

/// What stands in front of the table's name; nothing of a row that is stored.
std::string_view verb(PreviewRow::Does does) {
  switch (does) {
    case PreviewRow::Does::stored:
      return "";
    case PreviewRow::Does::deleted:
      return "delete";
    case PreviewRow::Does::marked:
      return "mark";
    case PreviewRow::Does::emptied:
      return "empty";
  }
  return "";
}

std::string shown(const PreviewField& field) {
  if (field.by_database) return "DEFAULT";
  if (!field.value) return "NULL";
  const std::string text = text::printable(*field.value, kShownCharacters);
  return field.is_plain ? text : "'" + text + "'";
}

}  // namespace

std::string render(const Previewed& message, std::uint64_t line) {
  if (message.reject) {
    return fmt::format("{}: {}: {}", line, to_string(message.reject->reason), text::printable(message.reject->message));
  }
  std::string out = fmt::format("{}:", line);
  if (message.rows.empty()) return out + " no rows";
  for (std::size_t i = 0; i < message.rows.size(); ++i) {
    const PreviewRow& row = message.rows[i];
    std::string fields;
    for (const PreviewField& field : row.fields) {
      fields += (fields.empty() ? "" : ", ") + text::printable(field.column) + "=" + shown(field);
    }
    const std::string_view does = verb(row.does);
    out += fmt::format("{}{}{} {}", i == 0 ? "" : ";", does.empty() ? "" : " ", does, text::printable(row.table));
    if (row.does != PreviewRow::Does::emptied) out += " (" + fields + ")";
  }
  return out;
}

std::string render_json(const Previewed& message, std::uint64_t line) {
  using Json = nlohmann::ordered_json;
  Json object{{"line", line}};
  if (message.reject) {
    object["reason"] = to_string(message.reject->reason);
    object["message"] = message.reject->message;
  } else {
    object["rows"] = Json::array();
    for (const PreviewRow& row : message.rows) {
      Json columns = Json::object();
      for (const PreviewField& field : row.fields) {
        if (!field.by_database) columns[field.column] = field.value ? Json(*field.value) : Json(nullptr);
      }
      Json one{{"table", row.table}, {"columns", std::move(columns)}};
      if (row.does != PreviewRow::Does::stored) one["does"] = verb(row.does);
      object["rows"].push_back(std::move(one));
    }
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace loom::preview
