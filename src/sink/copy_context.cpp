#include "sink/copy_context.h"

#include <charconv>
#include <sstream>
#include <string_view>

#include "sink/statements.h"

namespace loom::sink {
namespace {

struct Spot {
  std::size_t line = 0;
  std::string_view rest;  ///< of the context, behind the line's number
};

/// The context has one line for each level of calls, ours last of all.
std::optional<Spot> spot_of(std::string_view context, const std::string& relation) {
  const std::string start = "COPY " + relation + ", line ";
  for (std::size_t at = context.find(start); at != std::string_view::npos; at = context.find(start, at + 1)) {
    if (at > 0 && context[at - 1] != '\n') continue;
    const std::string_view behind = context.substr(at + start.size());
    Spot spot;
    const auto parsed = std::from_chars(behind.data(), behind.data() + behind.size(), spot.line);
    if (parsed.ec != std::errc() || spot.line == 0) continue;
    spot.rest = behind.substr(static_cast<std::size_t>(parsed.ptr - behind.data()));
    return spot;
  }
  return std::nullopt;
}

std::optional<std::string> column_in(const DatabaseError& error, const std::string& relation) {
  constexpr std::string_view kColumn = ", column ";
  const auto spot = spot_of(error.context, relation);
  if (!spot || !spot->rest.starts_with(kColumn)) return std::nullopt;
  const std::string_view name = spot->rest.substr(kColumn.size());
  return std::string(name.substr(0, name.find(": ")));
}

}  // namespace

std::optional<std::size_t> line_of(const DatabaseError& error, const std::string& relation) {
  const auto spot = spot_of(error.context, relation);
  return spot ? std::optional(spot->line) : std::nullopt;
}

// `PL/pgSQL function f() line 3 at RAISE`, `SQL function "f" statement 1`, `SQL statement "..."`; also `PL/Python ...`.
bool in_a_function(const DatabaseError& error) {
  std::istringstream lines(error.context);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("PL/") || line.starts_with("SQL ")) return true;
  }
  return false;
}

std::optional<std::string> column_of_value(const DatabaseError& error, const mapping::TopicPlan& plan) {
  if (in_a_function(error)) return std::nullopt;
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    if (auto column = column_in(error, plan.tables[table].name.name)) return column;
    if (auto column = column_in(error, statements::stage_relation(table))) return column;
    if (auto column = column_in(error, statements::key_stage_relation(table))) return column;
  }
  return std::nullopt;
}

}  // namespace loom::sink
