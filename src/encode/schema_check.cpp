#include "encode/schema_check.h"

#include <algorithm>
#include <optional>

#include "encode/schema_fit.h"
#include "mapping/draft.h"
#include "mapping/findings.h"
#include "mapping/paths.h"
#include "mapping/required_paths.h"

namespace loom::encode {
namespace schema_check {
namespace {

using mapping::PlanColumn;
using mapping::SourceKind;
using mapping::SourceScope;

class Checker {
 public:
  Checker(const mapping::TopicMapping& topic, const mapping::TopicPlan& plan, const mapping::TopicSchema& schema,
          const std::string& file)
      : topic_(topic), plan_(plan), schema_(schema), findings_(file) {}

  std::vector<mapping::Problem> run() {
    check_required();
    for (const auto& table : plan_.tables) {
      for (const auto& column : table.columns) check_column(table, column);
    }
    if (topic_.is_minimal() && !any_found_) {
      findings_.warning(mapping::place_of(topic_, "table"),
                        "no column of `" + topic_.table.display() + "` is called as a field of " + schema_.name);
    }
    return findings_.take();
  }

 private:
  /// A source that the message brings.
  struct Path {
    std::string text;  ///< as the mapping has it
    std::vector<mapping::PathStep> steps;
    std::optional<mapping::SchemaField> field;
    bool of_element = false;
  };

  void check_required() {
    const std::string missing =
        mapping::missing_required(mapping::required_paths(plan_), *schema_.schema, schema_.message);
    if (missing.empty()) return;
    findings_.error(mapping::place_of(topic_, "required_fields"),
                    schema_.name + " has " + missing + ": each message of it becomes a dead letter");
  }

  [[nodiscard]] Path path_of(const mapping::ColumnSource& source) const {
    Path path;
    path.of_element = source.scope == SourceScope::element;
    if (path.of_element) {
      const auto& array = plan_.arrays[static_cast<std::size_t>(source.array)];
      path.text = array.element.slot_paths[source.slot];
      path.steps = mapping::path_in_element(array.path, path.text);
    } else {
      path.text = plan_.message.slot_paths[source.slot];
      path.steps = mapping::split_path(path.text);
    }
    path.field = mapping::field_at(*schema_.schema, schema_.message, path.steps);
    return path;
  }

  void check_column(const mapping::TablePlan& table, const PlanColumn& column) {
    std::vector<Path> paths;
    bool elsewhere = false;  // something else than the message feeds it, too
    for (const auto& source : column.sources) {
      const bool of_message = source.kind == SourceKind::field && source.scope != SourceScope::key;
      if (of_message) paths.push_back(path_of(source));
      elsewhere = elsewhere || !of_message;
    }
    if (paths.empty()) return;
    const mapping::Place place = place_of(column);
    const auto found = std::ranges::count_if(paths, [](const Path& path) { return path.field.has_value(); });
    any_found_ = any_found_ || found != 0;
    if (found == 0 && !elsewhere && !topic_.is_minimal()) say_missing(paths, place);
    if (found != 0) check_fit(table, column, paths, elsewhere, place);
    if (!elsewhere) check_null(table, column, paths, place);
  }

  void say_missing(const std::vector<Path>& paths, const mapping::Place& place) {
    std::vector<std::string> names;
    std::string meant;
    for (const Path& path : paths) {
      if (path.text.empty()) continue;  // an element that is a value itself
      names.push_back("`" + path.text + "`");
      const std::string near = mapping::meant_path(*schema_.schema, schema_.message, path.steps);
      if (meant.empty() && !near.empty()) meant = "; did you mean `" + near + "`?";
    }
    if (names.empty()) return;
    const std::string what =
        names.size() == 1 ? names[0] + " is no field" : "none of " + mapping::joined(names) + " is a field";
    findings_.warning(place, what + " of " + schema_.name + meant);
  }

  void check_fit(const mapping::TablePlan& table, const PlanColumn& column, const std::vector<Path>& paths,
                 bool elsewhere, const mapping::Place& place) {
    std::optional<Fit> best;
    const Path* worst = nullptr;
    for (const Path& path : paths) {
      if (!path.field) continue;
      const auto one = fit(column, *path.field, schema_.schema->format);
      if (!one) return;  // anything may come
      if (*one != Fit::always) worst = &path;
      if (!best || *one > *best) best = one;
    }
    if (!best || worst == nullptr || *best == Fit::always) return;
    const std::string what = "`" + worst->text + "` is " + mapping::describe(*worst->field) + " in " + schema_.name;
    const std::string into =
        "column `" + column.info.name + "` of `" + table.name.display() + "`, which is " + column.info.type_name;
    if (*best == Fit::never && !elsewhere) {
      findings_.error(place, what + ", and can never become " + into);
    } else if (*best == Fit::sometimes) {
      findings_.warning(place, what + ", and it depends on the value whether it becomes " + into);
    }
  }

  void check_null(const mapping::TablePlan& table, const PlanColumn& column, const std::vector<Path>& paths,
                  const mapping::Place& place) {
    const auto& info = column.info;
    const bool takes_null = !info.not_null || column.default_json || column.ingestion_time ||
                            (info.default_kind != mapping::DefaultKind::none && !info.default_is_null);
    // Elements of a list make rows of their own; whether one has the field is not what is asked here.
    const bool certain = std::ranges::any_of(
        paths, [](const Path& path) { return path.of_element || (path.field && path.field->is_certain()); });
    if (takes_null || certain) return;
    const bool there = std::ranges::any_of(paths, [](const Path& path) { return path.field.has_value(); });
    if (!there && !topic_.is_minimal()) return;  // that is said already
    const std::string name = "`" + paths.front().text + "`";
    findings_.warning(
        place,
        (there ? name + " may be null, or missing, in " + schema_.name : name + " is no field of " + schema_.name) +
            ", and column `" + info.name + "` of `" + table.name.display() + "` is NOT NULL without default");
  }

  /// Where the mapping names the column.
  [[nodiscard]] mapping::Place place_of(const PlanColumn& column) const {
    for (const auto& field : topic_.field_mappings) {
      if (field.column != column.info.name) continue;
      return mapping::place_of(topic_, "field_mappings").inside(field.source, field.line);
    }
    for (const auto& array : topic_.array_mappings) {
      for (const auto& element : array.element_mappings) {
        if (element.column != column.info.name) continue;
        return mapping::place_of(topic_, "array_mappings").inside(array.path + "." + element.key, element.line);
      }
    }
    return mapping::place_of(topic_, "table");
  }

  const mapping::TopicMapping& topic_;
  const mapping::TopicPlan& plan_;
  const mapping::TopicSchema& schema_;
  mapping::Findings findings_;
  bool any_found_ = false;
};

}  // namespace
}  // namespace schema_check

std::vector<mapping::Problem> check_schema(const mapping::TopicMapping& topic, const mapping::TopicPlan& plan,
                                           const mapping::TopicSchema& schema, const std::string& file) {
  return schema_check::Checker(topic, plan, schema, file).run();
}

}  // namespace loom::encode
