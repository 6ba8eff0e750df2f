#include "mapping/change_plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "mapping/change_paths.h"
#include "mapping/column_types.h"
#include "mapping/paths.h"

namespace loom::mapping {
namespace {

std::string below(std::string_view prefix, const std::string& path) {
  return std::string(prefix) + (path.starts_with('[') ? "" : ".") + path;
}

/// Versions are compared here too, for rows of one batch: as whole numbers.
bool can_be_a_version(const ColumnInfo& column) {
  switch (column.type) {
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::timestamp:
    case ColumnType::timestamptz:
    case ColumnType::date:
      return !column.is_array;
    default:
      return false;
  }
}

class ChangeCompiler {
 public:
  ChangeCompiler(const TopicMapping& topic, const std::vector<TableDraft>& drafts, TopicPlan& plan, Findings& findings)
      : topic_(topic), drafts_(drafts), plan_(plan), findings_(findings) {}

  void run() {
    find_version();
    const bool plain = topic_.changes == Changes::none && topic_.tombstones == Tombstones::dead_letter;
    if (plain || plan_.tables.empty()) return;
    changes_.events = topic_.changes != Changes::none;
    changes_.tombstones = topic_.tombstones;
    if (changes_.events) add_slots();
    if (topic_.removes() && !plan_.tables[0].key.empty()) {
      const bool key_was_wanted = plan_.key.slots != 0;
      add_mark();
      add_own_removal();
      for (std::size_t i = 1; i < plan_.tables.size(); ++i) add_child_removal(i);
      plan_.key_is_for_removals = !key_was_wanted && plan_.key.slots != 0;
    }
    if (changes_.events) check_units();
    plan_.changes = std::move(changes_);
  }

 private:
  /// What only a schema tells, if there is one. See decode::Unit.
  void check_units() {
    const bool has_schemas = topic_.create_table == CreateTable::from_schema || topic_.evolve == Evolve::add;
    if (has_schemas || topic_.value_format.format != formats::Format::json) return;
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      for (const PlanColumn& column : plan_.tables[i].columns) {
        const char* const names = column.is_unnamed ? names_of_units(column) : nullptr;
        if (names == nullptr) continue;
        findings_.warning(place_of(topic_, "data_types").inside(column.info.name, 0),
                          "is not there, and column `" + column.info.name + "` is " + column.info.type_name +
                              ": where events come without schemas, nothing says what its values are. Name " + names);
      }
    }
  }

  /// Only of values that come from the row: what the envelope has is known.
  [[nodiscard]] const char* names_of_units(const PlanColumn& column) const {
    const bool of_row = std::any_of(column.sources.begin(), column.sources.end(), [&](const ColumnSource& source) {
      if (source.kind != SourceKind::field || source.scope == SourceScope::key) return false;
      if (source.scope == SourceScope::element) return true;
      const std::string& path = plan_.message.slot_paths.at(source.slot);
      return is_inside(path, kAfter) || is_inside(path, kBefore);
    });
    if (!of_row || column.default_json) return nullptr;
    switch (column.info.type) {
      case ColumnType::timestamp:
        return "timestamp_us, timestamp_ms or timestamp_ns";
      case ColumnType::time:
        return "time_us, time_ms or time_ns";
      case ColumnType::numeric:
        return "decimal_base64(SCALE), or decimal for numbers and their texts";
      default:
        return nullptr;
    }
  }

  void find_version() {
    const std::string& name = topic_.version_column;
    if (name.empty() || plan_.tables.empty()) return;
    auto& columns = plan_.tables[0].columns;
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&name](const PlanColumn& column) { return column.info.name == name; });
    const Place place = place_of(topic_, "version_column");
    if (found == columns.end()) {
      findings_.error(place,
                      "names `" + name + "`, which nothing feeds: map a source to it, `$source.lsn` for example");
    } else if (!can_be_a_version(found->info)) {
      findings_.error(place, "names `" + name + "`, which is " + found->info.type_name +
                                 "; versions are whole numbers, dates or timestamps");
    } else {
      plan_.tables[0].version = static_cast<std::uint16_t>(found - columns.begin());
    }
  }

  void add_slots() {
    changes_.operation = add_slot(plan_.message, std::string(kOperation));
    changes_.after = add_slot(plan_.message, std::string(kAfter));
    changes_.before = add_slot(plan_.message, std::string(kBefore));
    changes_.source = add_slot(plan_.message, std::string(kEventSource));
    changes_.deleted = add_slot(plan_.message, std::string(kDeletedMark));
    changes_.time = add_slot(plan_.message, std::string(kEventTime));
  }

  /// The column that a delete marks: every row that comes takes the mark away.
  void add_mark() {
    if (topic_.deletes != Deletes::mark || topic_.deleted_at.empty()) return;
    auto& columns = plan_.tables[0].columns;
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const PlanColumn& column) { return column.info.name == topic_.deleted_at; });
    if (found == columns.end()) return;  // what is wrong with it is said already
    const ColumnInfo& info = found->info;
    if (info.not_null || info.is_array || !can_store(ValueType::timestamp, info)) {
      findings_.error(place_of(topic_, "deleted_at"), "names `" + topic_.deleted_at + "`, which is " + info.type_name +
                                                          (info.not_null ? " NOT NULL" : "") +
                                                          "; it takes a timestamp that may be null");
      return;
    }
    found->value_type = ValueType::timestamp;
    found->cleared = true;
    plan_.tables[0].deleted_at = static_cast<std::uint16_t>(found - columns.begin());
  }

  /// Where a message that deletes has what the row's column took from `source`; more than one place: before, then key.
  void add_sources(const ColumnSource& source, bool single, std::vector<ColumnSource>& out) {
    const auto add = [&out](SourceScope scope, std::uint16_t slot) {
      ColumnSource made;
      made.scope = scope;
      made.slot = slot;
      if (std::find(out.begin(), out.end(), made) == out.end()) out.push_back(made);
    };
    if (source.scope == SourceScope::element) return;
    if (source.kind == SourceKind::key && single) return add(SourceScope::key, add_slot(plan_.key, ""));
    if (source.kind != SourceKind::field || source.scope == SourceScope::key) {
      out.push_back(source);
      return;
    }
    std::string path = plan_.message.slot_paths.at(source.slot);
    if (changes_.events && !is_inside(path, kAfter)) {
      out.push_back(source);
      return;
    }
    if (changes_.events) {
      path = path_below(path, kAfter);
      add(SourceScope::message, add_slot(plan_.message, below(kBefore, path)));
      add(SourceScope::message, source.slot);
    }
    if (changes_.tombstones != Tombstones::remove && !changes_.events) return;
    add(SourceScope::key, add_slot(plan_.key, path));
    // A key that is no object is the key's only column.
    if (single) add(SourceScope::key, add_slot(plan_.key, ""));
  }

  PlanColumn removal_column(const PlanColumn& column, const std::vector<ColumnSource>& sources, bool single) {
    PlanColumn made = column;
    made.sources.clear();
    for (const auto& source : sources) add_sources(source, single, made.sources);
    for (auto& source : made.sources) source.inside = -1;
    return made;
  }

  void check_fills(const PlanColumn& column) {
    if (changes_.tombstones != Tombstones::remove) return;
    const bool fills = column.default_json.has_value() ||
                       std::any_of(column.sources.begin(), column.sources.end(), [](const ColumnSource& source) {
                         return source.scope == SourceScope::key || source.kind != SourceKind::field;
                       });
    if (fills) return;
    if (topic_.key_lines.count("tombstones") == 0) {
      changes_.tombstones = Tombstones::ignore;  // a delete came before it
      return;
    }
    findings_.error(place_of(topic_, "tombstones"), "is `delete`, and the record's key cannot fill `" +
                                                        column.info.name +
                                                        "` of the upsert_key: a tombstone has nothing but its key");
  }

  void add_own_removal() {
    TablePlan& table = plan_.tables[0];
    RemovalPlan removal;
    const bool single = table.key.size() == 1;
    for (const auto index : table.key) {
      const PlanColumn column = table.columns[index];
      removal.columns.push_back(removal_column(column, column.sources, single));
      check_fills(removal.columns.back());
      if (changes_.events) changes_.old_key.push_back(old_column(column));
    }
    table.removed_by = table.key;
    if (table.deleted_at) {
      PlanColumn mark = table.columns[*table.deleted_at];
      mark.cleared = false;
      if (changes_.events) mark.sources.push_back({.slot = changes_.time, .header = {}});
      mark.sources.push_back({.kind = SourceKind::timestamp, .header = {}});
      removal.columns.push_back(std::move(mark));
    }
    if (table.version) {
      const PlanColumn column = table.columns[*table.version];
      removal.columns.push_back(removal_column(column, column.sources, false));
    }
    changes_.removals.push_back(std::move(removal));
  }

  /// Of the row as it was before: nothing where the event does not tell.
  PlanColumn old_column(const PlanColumn& column) {
    PlanColumn made = column;
    made.sources.clear();
    made.default_json.reset();
    for (const auto& source : column.sources) {
      if (source.kind != SourceKind::field || source.scope != SourceScope::message) continue;
      const std::string path = plan_.message.slot_paths.at(source.slot);
      if (!is_inside(path, kAfter)) continue;
      ColumnSource old;
      old.slot = add_slot(plan_.message, below(kBefore, path_below(path, kAfter)));
      made.sources.push_back(old);
    }
    return made;
  }

  /// The child's rows of a deleted parent go with it, if the child's columns tell whose they are.
  void add_child_removal(std::size_t index) {
    if (topic_.deletes == Deletes::mark) return;
    TablePlan& child = plan_.tables[index];
    const TablePlan& own = plan_.tables[0];
    RemovalPlan removal{.table = static_cast<std::uint16_t>(index), .columns = {}};
    std::vector<std::uint16_t> removed_by;
    for (const auto key : own.key) {
      const PlanColumn& parent = own.columns[key];
      const auto column = column_of_parent(index, parent.info.name);
      if (!column) {
        findings_.warning(place_of(topic_, "array_mappings"),
                          "rows of `" + child.name.display() +
                              "` stay when their parent is deleted: no column of its " + "foreign_key_mapping holds `" +
                              parent.info.name + "`");
        return;
      }
      removed_by.push_back(*column);
      PlanColumn made = child.columns[*column];
      made.sources = removal_column(parent, parent.sources, own.key.size() == 1).sources;
      removal.columns.push_back(std::move(made));
    }
    child.removed_by = std::move(removed_by);
    changes_.removals.push_back(std::move(removal));
  }

  [[nodiscard]] std::optional<std::uint16_t> column_of_parent(std::size_t table, const std::string& parent) const {
    for (const ColumnDraft& draft : drafts_[table].columns) {
      if (draft.parent != parent) continue;
      const auto& columns = plan_.tables[table].columns;
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const PlanColumn& column) { return column.info.name == draft.name; });
      if (found != columns.end()) return static_cast<std::uint16_t>(found - columns.begin());
    }
    return std::nullopt;
  }

  const TopicMapping& topic_;
  const std::vector<TableDraft>& drafts_;
  TopicPlan& plan_;
  Findings& findings_;
  ChangesPlan changes_;
};

}  // namespace

void resolve_changes(const TopicMapping& topic, const std::vector<TableDraft>& drafts, TopicPlan& plan,
                     Findings& findings) {
  ChangeCompiler(topic, drafts, plan, findings).run();
}

}  // namespace loom::mapping
