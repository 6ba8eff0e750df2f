#include "mapping/compile.h"

#include <algorithm>
#include <utility>

#include "base/similar.h"
#include "mapping/change_plan.h"
#include "mapping/column_types.h"
#include "mapping/draft.h"
#include "mapping/keys.h"
#include "mapping/paths.h"
#include "mapping/sources.h"
#include "mapping/surplus.h"
#include "mapping/table_names.h"
#include "mapping/writable.h"

namespace loom::mapping {
namespace {

constexpr std::size_t kMaxPathNames = 30'000;  // node and slot numbers are 16 bits wide

/// Builds one TopicPlan; what is wrong goes to `findings`.
class Compiler {
 public:
  Compiler(const TopicMapping& topic, const Catalog& catalog, Findings& findings)
      : topic_(topic), catalog_(catalog), findings_(findings) {}

  TopicPlan run();

 private:
  bool find_tables();
  bool paths_fit() const;
  void make_arrays(const std::vector<TableDraft>& drafts);
  TablePlan make_table(const TableDraft& draft, const TableInfo& table, bool own);
  std::optional<PlanColumn> make_column(const ColumnDraft& draft, const TableInfo& table);
  ColumnSource make_source(const SourceDraft& draft);
  void check_record_time(const PlanColumn& column, const ColumnDraft& draft);
  void add_ingestion_time(const TableInfo& table, TablePlan& plan, bool by_name) const;
  void check_unwritten_columns(const TableInfo& table, const TablePlan& plan);
  void check_single_row(const TableInfo& table);
  [[nodiscard]] bool is_writable(const ColumnInfo& column) const {
    return !column.generated && (!column.identity_always || topic_.identity == Identity::given);
  }
  void check_unmapped_names(const std::vector<TableDraft>& drafts);
  RequiredField make_required(const std::string& name, const std::vector<TableDraft>& drafts);
  std::optional<SourceDraft> element_field(const std::string& name) const;
  void check_roots();

  template <typename T>
  T setting(const std::map<std::string, T>& settings, const ColumnDraft& column, T otherwise) const;

  const TopicMapping& topic_;
  const Catalog& catalog_;
  Findings& findings_;
  TopicPlan plan_;
  std::vector<const TableInfo*> infos_;  ///< own table, then those of the array mappings in their order
};

/// A foreign key goes by its parent's settings, unless it has one under a name of its own.
template <typename T>
T Compiler::setting(const std::map<std::string, T>& settings, const ColumnDraft& column, T otherwise) const {
  auto found = settings.find(column.name);
  if (found == settings.end() && !column.parent.empty()) found = settings.find(column.parent);
  return found == settings.end() ? otherwise : found->second;
}

bool Compiler::find_tables() {
  // Where `${...}` stands in a name, the whole of it is known only now.
  const bool fit = check_table_names(topic_, findings_);
  const std::string made =
      topic_.create_table == CreateTable::from_schema ? "; `create-tables` makes it of the topic's schema" : "";
  const auto look_up = [this, fit, &made](const TableName& name, const Place& place) {
    const TableInfo* info = catalog_.find(name);
    if (info == nullptr && fit) findings_.error(place, "there is no table `" + name.display() + "`" + made);
    infos_.push_back(info);
  };
  look_up(topic_.table, place_of(topic_, "table"));
  for (const auto& array : topic_.array_mappings) {
    if (!array.table) continue;
    look_up(*array.table, place_of(topic_, "array_mappings").inside(array.path + ".table", array.line));
  }
  return std::find(infos_.begin(), infos_.end(), nullptr) == infos_.end();
}

bool Compiler::paths_fit() const {
  std::size_t names = 2 * infos_[0]->columns.size();
  for (const auto& field : topic_.field_mappings) names += split_path(field.source).size();
  for (const auto& name : topic_.required_fields) names += split_path(name).size();
  for (const auto& array : topic_.array_mappings) {
    names += split_path(array.path).size();
    for (const auto& element : array.element_mappings) names += split_path(element.key).size();
  }
  return names < kMaxPathNames;
}

void Compiler::make_arrays(const std::vector<TableDraft>& drafts) {
  for (std::size_t i = 0; i < topic_.array_mappings.size(); ++i) {
    const auto index = static_cast<std::int16_t>(i);
    ArrayPlan array;
    array.path = topic_.array_mappings[i].path;
    for (std::size_t table = 0; table < drafts.size(); ++table) {
      const auto& arrays = drafts[table].arrays;
      if (std::find(arrays.begin(), arrays.end(), index) != arrays.end()) {
        array.table = static_cast<std::uint16_t>(table);
      }
    }
    PathNode& node = plan_.message.nodes[add_node(plan_.message, array_root(array.path))];
    if (node.array >= 0) {
      findings_.error(place_of(topic_, "array_mappings").inside(array.path, topic_.array_mappings[i].line),
                      "is the same list as `" + plan_.arrays[static_cast<std::size_t>(node.array)].path + "`");
    }
    node.array = index;
    plan_.arrays.push_back(std::move(array));
  }
}

ColumnSource Compiler::make_source(const SourceDraft& draft) {
  ColumnSource source;
  if (draft.kind == SourceDraft::Kind::element_index) {
    source.kind = SourceKind::element_index;
    source.scope = SourceScope::element;
    source.array = draft.array;
    return source;
  }
  const Source meant = read_source(draft.text);
  source.kind = meant.kind;
  source.header = meant.header;
  if (meant.kind != SourceKind::field) return source;
  if (meant.of_key) {
    source.scope = SourceScope::key;
    source.slot = add_slot(plan_.key, meant.path);
  } else if (draft.array >= 0) {
    source.scope = SourceScope::element;
    source.array = draft.array;
    source.slot = add_slot(plan_.arrays[static_cast<std::size_t>(draft.array)].element, meant.path);
  } else {
    source.slot = add_slot(plan_.message, meant.path);
  }
  return source;
}

std::optional<PlanColumn> Compiler::make_column(const ColumnDraft& draft, const TableInfo& table) {
  const ColumnInfo* info = table.find(draft.name);
  if (info == nullptr) {
    std::vector<std::string> known;
    for (const auto& column : table.columns) known.push_back(column.name);
    // A column that create-tables would make is likely new in the mapping.
    const std::string_view alter =
        topic_.create_table == CreateTable::never ? "" : ". `create-tables --alter` adds columns";
    findings_.error(draft.place, "`" + table.name.display() + "` has no column `" + draft.name + "`; " +
                                     did_you_mean(draft.name, known) + "its columns: " + joined(known) +
                                     std::string(alter));
    return std::nullopt;
  }
  if (!is_writable(*info)) {
    findings_.error(draft.place, "column `" + draft.name + "` of `" + table.name.display() + "` is GENERATED ALWAYS " +
                                     (info->identity_always ? "AS IDENTITY: `identity: given` in the topic says that "
                                                              "the messages bring its values"
                                                            : "and cannot be written"));
    return std::nullopt;
  }
  PlanColumn column;
  column.info = *info;
  column.transform = setting(topic_.transforms, draft, Transform::none);
  const ValueType data_type = setting(topic_.data_types, draft, ValueType::unspecified);
  const ValueType asked = asked_type(data_type, column.transform);
  column.value_type = asked == ValueType::unspecified ? natural_type(*info) : asked;
  column.is_unnamed = asked == ValueType::unspecified && topic_.changes != Changes::none;
  column.parameters = setting(topic_.type_parameters, draft, TypeParameters());
  if (!can_store(column.value_type, *info)) {
    const bool transformed = column.transform != Transform::none;
    const std::string what(transformed ? to_string(column.transform) : to_string(column.value_type));
    findings_.error(place_of(topic_, transformed ? "transforms" : "data_types").inside(draft.name, 0),
                    "`" + what + "` cannot be stored in column `" + draft.name + "` of `" + table.name.display() +
                        "`, which is " + info->type_name);
    return std::nullopt;
  }
  const auto default_json = setting(topic_.defaults, draft, std::string());
  if (!default_json.empty()) column.default_json = default_json;
  for (const auto& source : draft.sources) column.sources.push_back(make_source(source));
  check_record_time(column, draft);
  return column;
}

/// The record's own time is no number of any other unit.
void Compiler::check_record_time(const PlanColumn& column, const ColumnDraft& draft) {
  const bool has_time = std::any_of(column.sources.begin(), column.sources.end(),
                                    [](const ColumnSource& source) { return source.kind == SourceKind::timestamp; });
  const ValueType type = column.value_type;
  if (!has_time || type == ValueType::timestamp_ms || !takes_numbers_only(type)) return;
  findings_.error(place_of(topic_, "data_types").inside(draft.name, 0),
                  "is `" + std::string(to_string(type)) +
                      "`, but $timestamp is an instant in milliseconds: " + "`timestamp` and `timestamp_ms` take it");
}

void Compiler::add_ingestion_time(const TableInfo& table, TablePlan& plan, bool by_name) const {
  constexpr const char* kColumn = "created_at";
  const ColumnInfo* info = table.find(kColumn);
  const bool applies = info != nullptr && is_writable(*info) && info->default_kind == DefaultKind::none &&
                       can_store(ValueType::timestamp, *info) && info->type != ColumnType::other;
  if (!applies) return;
  for (auto& column : plan.columns) {
    if (column.info.name != kColumn) continue;
    column.ingestion_time = by_name && !column.default_json;
    return;
  }
  PlanColumn column;
  column.info = *info;
  column.value_type = ValueType::timestamp;
  column.ingestion_time = true;
  plan.columns.push_back(std::move(column));
}

void Compiler::check_unwritten_columns(const TableInfo& table, const TablePlan& plan) {
  std::vector<std::string> unwritten;
  for (const auto& info : table.columns) {
    if (!info.not_null || info.generated || info.identity_always ||
        (info.default_kind != DefaultKind::none && !info.default_is_null))
      continue;
    const bool written = std::any_of(plan.columns.begin(), plan.columns.end(),
                                     [&info](const PlanColumn& c) { return c.info.name == info.name; });
    if (!written) unwritten.push_back(info.name);
  }
  if (unwritten.empty()) return;
  findings_.warning(place_of(topic_, "table"),
                    "`" + table.name.display() + "` has NOT NULL columns without default " +
                        "that nothing feeds, so that every row will fail: " + joined(unwritten));
}

/// A message whose array is absent or empty still gives one row, which has no index.
void Compiler::check_single_row(const TableInfo& table) {
  for (const auto& array : topic_.array_mappings) {
    if (array.table || !array.sequence_field) continue;
    const ColumnInfo* info = table.find(*array.sequence_field);
    const bool needs_value = info != nullptr && info->not_null && info->default_kind == DefaultKind::none &&
                             topic_.defaults.count(info->name) == 0;
    if (!needs_value) continue;
    findings_.warning(place_of(topic_, "array_mappings").inside(array.path + ".sequence_field", array.line),
                      "column `" + info->name + "` is NOT NULL without default: a message without elements cannot be " +
                          "stored. Give it a default, here or in the table");
  }
}

/// A message is an object, or with `array_mappings: $value` a list: paths into the other can never match.
void Compiler::check_roots() {
  const bool is_list = std::any_of(topic_.array_mappings.begin(), topic_.array_mappings.end(),
                                   [](const ArrayMapping& array) { return array_root(array.path).empty(); });
  const auto check = [&](const std::string& text, const Place& place) {
    const Source source = read_source(text);
    if (source.kind != SourceKind::field || source.of_key || split_path(source.path).empty()) return;
    if (split_path(source.path)[0].index.has_value() == is_list) return;
    findings_.warning(place, is_list
                                 ? "can never match: the message is a list (`$value` in array_mappings), and fields "
                                   "of its elements belong into element_mappings"
                                 : "can never match: a message that is a list needs `$value` in array_mappings");
  };
  for (const auto& field : topic_.field_mappings) {
    check(field.source, place_of(topic_, "field_mappings").inside(field.source, field.line));
  }
  for (const auto& array : topic_.array_mappings) {
    check(array_root(array.path), place_of(topic_, "array_mappings").inside(array.path, array.line));
  }
}

void Compiler::check_unmapped_names(const std::vector<TableDraft>& drafts) {
  const auto check = [&](const auto& settings, const std::string& key) {
    for (const auto& setting : settings) {
      const std::string& name = setting.first;
      const bool mapped =
          std::any_of(drafts.begin(), drafts.end(), [&name](const TableDraft& t) { return t.find(name) != nullptr; });
      if (mapped) continue;
      std::vector<std::string> fed;
      for (const TableDraft& draft : drafts) {
        for (const ColumnDraft& column : draft.columns) fed.push_back(column.name);
      }
      const std::string similar(similar_name(name, fed));
      findings_.warning(
          place_of(topic_, key).inside(name, 0),
          "is for a column that nothing feeds" + (similar.empty() ? "" : "; did you mean `" + similar + "`?"));
    }
  };
  // A field that is still to come may be meant.
  if (topic_.evolve == Evolve::off) check(topic_.data_types, "data_types");
  check(topic_.transforms, "transforms");
}

TablePlan Compiler::make_table(const TableDraft& draft, const TableInfo& table, bool own) {
  TablePlan plan;
  plan.name = draft.name;
  plan.conflict_strategy = topic_.conflict_strategy;
  plan.arrays = draft.arrays;
  plan.row_without_elements = own;
  for (const auto& column : draft.columns) {
    if (auto made = make_column(column, table)) plan.columns.push_back(std::move(*made));
  }
  add_ingestion_time(table, plan, own && topic_.field_mappings.empty());
  if (plan.columns.size() > kMaxColumns) {
    findings_.error(place_of(topic_, "field_mappings"), "maps more columns than a PostgreSQL table can have");
  }
  plan.binary = std::none_of(plan.columns.begin(), plan.columns.end(),
                             [](const PlanColumn& c) { return c.info.type == ColumnType::other; });
  check_unwritten_columns(table, plan);
  return plan;
}

RequiredField Compiler::make_required(const std::string& name, const std::vector<TableDraft>& drafts) {
  RequiredField field;
  field.name = name;
  const auto add = [&field](const ColumnSource& source) {
    const bool known = std::any_of(field.sources.begin(), field.sources.end(), [&source](const ColumnSource& s) {
      return s.kind == source.kind && s.scope == source.scope && s.array == source.array && s.slot == source.slot &&
             s.header == source.header;
    });
    if (!known) field.sources.push_back(source);
  };
  for (const auto& column : drafts[0].columns) {
    for (const auto& source : column.sources) {
      const bool is_path = source.kind == SourceDraft::Kind::path && same_source(source.text, name);
      if (source.array < 0 && (is_path || column.name == name)) add(make_source(source));
    }
  }
  if (!field.sources.empty()) return field;
  for (const auto& draft : drafts) {  // a column that only elements feed: each of them needs it
    const ColumnDraft* column = draft.find(name);
    if (column == nullptr) continue;
    for (const auto& source : column->sources) add(make_source(source));
  }
  if (!field.sources.empty()) return field;
  if (const auto element = element_field(name)) {
    add(make_source(*element));
  } else {
    add(make_source({SourceDraft::Kind::path, name, -1}));
  }
  return field;
}

/// A path that goes on inside the list of an array mapping is a field of each element; `list[0].x` is one of the
/// message.
std::optional<SourceDraft> Compiler::element_field(const std::string& name) const {
  const Source meant = read_source(name);
  if (meant.kind != SourceKind::field || meant.of_key) return std::nullopt;
  std::optional<SourceDraft> found;
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < topic_.array_mappings.size(); ++i) {
    const std::string root = array_root(topic_.array_mappings[i].path);
    const std::size_t depth = split_path(root).size();
    if (!is_inside(name, root) || (found && depth < deepest)) continue;
    if (split_path(name)[depth].index) continue;
    found = {SourceDraft::Kind::path, path_below(name, root), static_cast<std::int16_t>(i)};
    deepest = depth;
  }
  return found;
}

TopicPlan Compiler::run() {
  plan_.mapping = topic_.topic;
  plan_.nul = topic_.nul;
  plan_.absent_values = topic_.absent_values;
  plan_.value_format = topic_.value_format;
  plan_.key_format = topic_.key_format;
  plan_.no_partition = topic_.no_partition;
  plan_.batch_size = topic_.batch_size;
  plan_.batch_timeout = topic_.batch_timeout;
  if (!find_tables()) return {};
  if (!paths_fit()) {
    findings_.error({topic_.topic, "", topic_.line}, "names more paths than one plan can hold");
    return {};
  }
  std::vector<std::string> own_columns;
  for (const auto& column : infos_[0]->columns) {
    if (is_writable(column)) own_columns.push_back(column.name);
  }
  check_roots();
  const auto drafts = draft_tables(topic_, own_columns, findings_);
  make_arrays(drafts);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const TableInfo& table = *catalog_.find(drafts[i].name);
    TablePlan made = make_table(drafts[i], table, i == 0);
    if (i == 0) {
      resolve_own_key(topic_, drafts[0], table, made, findings_);
    } else {
      resolve_child_key(topic_, drafts[i], table, made);
    }
    made.gives_identity = std::any_of(made.columns.begin(), made.columns.end(),
                                      [](const PlanColumn& column) { return column.info.identity_always; });
    note_listeners(table, made);
    const Place place = place_of(topic_, i == 0 ? "table" : "array_mappings");
    check_writable(table, !made.key.empty(), place, findings_);
    check_logged(table, place, findings_);
    plan_.unlogged.insert(plan_.unlogged.end(), table.unlogged.begin(), table.unlogged.end());
    plan_.tables.push_back(std::move(made));
    if (i > 0) {
      const auto surplus =
          resolve_surplus(topic_, drafts[i], static_cast<std::uint16_t>(i), plan_.tables[i], findings_);
      if (surplus) plan_.surplus.push_back(*surplus);
    }
  }
  check_single_row(*infos_[0]);
  check_unmapped_names(drafts);
  resolve_changes(topic_, drafts, plan_, findings_);
  if (plan_.changes && plan_.changes->events) {
    // An update of a change stream changes something: to look whether it does would be for nothing.
    for (TablePlan& table : plan_.tables) table.same_row_may_stay = false;
  }
  if (topic_.evolve == Evolve::add) {
    auto& known = plan_.known_fields.emplace();
    for (const auto& column : infos_[0]->columns) known.insert(column.name);
  }
  for (const auto& name : topic_.required_fields) {
    plan_.required.push_back(make_required(name, drafts));
  }
  return std::move(plan_);
}

}  // namespace

void note_listeners(const TableInfo& table, TablePlan& plan) {
  const bool is_plain = table.kind == RelationKind::table;
  plan.has_heirs = table.has_heirs;
  plan.ignored_may_be_left_out = is_plain && !table.insert_triggers && !table.has_heirs;
  plan.same_row_may_stay = is_plain && !table.update_triggers;
}

CompileResult compile(const TopicMapping& topic, const Catalog& catalog, const std::string& file) {
  Findings findings(file);
  TopicPlan plan = Compiler(topic, catalog, findings).run();
  CompileResult result;
  if (!findings.failed()) result.plan = std::move(plan);
  result.problems = findings.take();
  return result;
}

}  // namespace loom::mapping
