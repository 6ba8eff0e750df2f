#include "preview/render.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "text/text_table.h"

namespace loom::preview {
namespace {

constexpr std::size_t kShownCharacters = 60;

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
    out += fmt::format("{} {} ({})", i == 0 ? "" : ";", text::printable(row.table), fields);
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
      object["rows"].push_back({{"table", row.table}, {"columns", std::move(columns)}});
    }
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace loom::preview
