#include "mapping/writable.h"

#include <string>
#include <string_view>

#include "mapping/draft.h"

namespace loom::mapping {
namespace {

std::string_view name_of(RelationKind kind) {
  switch (kind) {
    case RelationKind::materialized_view:
      return "a materialized view";
    case RelationKind::sequence:
      return "a sequence";
    case RelationKind::composite_type:
      return "a type";
    case RelationKind::table:
    case RelationKind::foreign_table:
    case RelationKind::view:
      break;
  }
  return "a table";
}

}  // namespace

void check_writable(const TableInfo& table, bool has_key, const Place& place, Findings& findings) {
  const std::string name = "`" + table.name.display() + "`";
  switch (table.kind) {
    case RelationKind::materialized_view:
    case RelationKind::sequence:
    case RelationKind::composite_type:
      findings.error(place, name + " is " + std::string(name_of(table.kind)) + ", which takes no rows: name a table");
      return;
    case RelationKind::view:
      if (table.instead_of_insert) return;
      findings.error(place, name +
                                " is a view without an INSTEAD OF INSERT trigger FOR EACH ROW, and COPY writes no such "
                                "view, even where INSERT does: name its table, or give the view such a trigger");
      return;
    case RelationKind::table:
    case RelationKind::foreign_table:
      break;
  }
  if (table.row_security) {
    findings.error(place, "row-level security of " + name + " holds for the role \"" + table.role +
                              "\", and COPY does not write such a table: ALTER ROLE \"" + table.role +
                              "\" BYPASSRLS, or connect as the table's owner without FORCE ROW LEVEL SECURITY");
  }
  if (!table.insert_rules.empty()) {
    findings.error(place, name + " has rules ON INSERT (" + joined(table.insert_rules) +
                              "), which COPY passes over without a word: make triggers of them");
  } else if (has_key && !table.update_rules.empty()) {
    findings.error(place, name + " has rules ON UPDATE (" + joined(table.update_rules) +
                              "), with which INSERT ... ON CONFLICT is refused: make triggers of them");
  }
}

std::string unlogged_warning(const std::string& relation) {
  return relation +
         " is UNLOGGED: a crash of the database empties it, and what was stored there is not stored again: "
         "ALTER TABLE ... SET LOGGED, or live with it";
}

void check_logged(const TableInfo& table, const Place& place, Findings& findings) {
  for (const auto& relation : table.unlogged) findings.warning(place, unlogged_warning(relation));
}

}  // namespace loom::mapping
