#include "sink/copy_context.h"

#include <charconv>
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

bool names_a_column(const DatabaseError& error, const std::string& relation) {
  const auto spot = spot_of(error.context, relation);
  return spot && spot->rest.starts_with(", column ");
}

}  // namespace

std::optional<std::size_t> line_of(const DatabaseError& error, const std::string& relation) {
  const auto spot = spot_of(error.context, relation);
  return spot ? std::optional(spot->line) : std::nullopt;
}

bool names_a_value(const DatabaseError& error, const mapping::TopicPlan& plan) {
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    if (names_a_column(error, plan.tables[table].name.name)) return true;
    if (names_a_column(error, statements::stage_relation(table))) return true;
  }
  return false;
}

}  // namespace loom::sink
