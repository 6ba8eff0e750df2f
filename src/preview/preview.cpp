#include "preview/preview.h"

#include <string_view>
#include <utility>

#include "mapping/column_types.h"

namespace loom::preview {
namespace {

std::shared_ptr<const mapping::TopicPlan> in_text_form(mapping::TopicPlan plan) {
  plan.known_fields.reset();  // nobody adds columns here
  for (mapping::TablePlan& table : plan.tables) table.binary = false;
  for (mapping::PlanVariant& variant : plan.variants) {
    if (variant.plan != nullptr) variant.plan = in_text_form(*variant.plan);
  }
  return std::make_shared<const mapping::TopicPlan>(std::move(plan));
}

/// A field of text COPY, which escapes backslash, tab, newline and carriage return.
std::string unescaped(std::string_view field) {
  std::string plain;
  plain.reserve(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      plain += field[i];
      continue;
    }
    const char escaped = field[++i];
    plain += escaped == 't' ? '\t' : escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped;
  }
  return plain;
}

/// `value`: in text COPY's form; a null has data() == nullptr.
PreviewField field_of(const mapping::ColumnInfo& info, std::string_view value) {
  PreviewField field{info.name, std::nullopt, false,
                     !info.is_array && (info.type == mapping::ColumnType::boolean || mapping::is_number(info))};
  if (value.data() != nullptr) field.value = unescaped(value);
  return field;
}

}  // namespace

Preview::Preview(const mapping::TopicPlan& plan, std::string topic, const Clock& clock,
                 const decode::Registry& registry)
    : plan_(in_text_form(plan)), builder_(plan_, std::move(topic), clock, registry) {}

Previewed Preview::map(const Message& message) {
  Previewed result;
  rows_.clear();
  result.reject = builder_.append(message, 0, rows_);
  add_removals(result);
  for (std::size_t table = 0; table < plan_->tables.size(); ++table) {
    for (const encode::RowSet& set : rows_.all()) {
      if (set.table == table) add_rows(set, result);
    }
  }
  return result;
}

void Preview::add_removals(Previewed& result) const {
  using Does = PreviewRow::Does;
  for (const auto& one : rows_.truncations()) {
    result.rows.push_back({plan_->tables[one.table].name.display(), {}, Does::emptied});
  }
  for (const encode::RowSet& set : rows_.removals()) {
    const mapping::TablePlan& table = plan_->tables[set.table];
    std::vector<std::uint16_t> columns = table.removed_by;
    if (table.deleted_at) columns.push_back(*table.deleted_at);
    for (std::size_t i = 0; i < set.rows.size(); ++i) {
      PreviewRow row{table.name.display(), {}, table.deleted_at ? Does::marked : Does::deleted};
      const auto values = encode::split_row(set.row(i), table.binary);
      for (std::size_t field = 0; field < columns.size(); ++field) {
        row.fields.push_back(field_of(table.columns[columns[field]].info, values[field]));
      }
      result.rows.push_back(std::move(row));
    }
  }
}

void Preview::add_rows(const encode::RowSet& set, Previewed& result) const {
  const mapping::TablePlan& table = plan_->tables[set.table];
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    PreviewRow row{table.name.display(), {}, PreviewRow::Does::stored};
    const auto values = encode::split_row(set.row(i), table.binary);
    std::size_t next = 0;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      const mapping::ColumnInfo& info = table.columns[column].info;
      const bool by_database = set.omitted.test(column);
      row.fields.push_back(field_of(info, by_database ? std::string_view() : values[next++]));
      row.fields.back().by_database = by_database;
    }
    result.rows.push_back(std::move(row));
  }
}

}  // namespace loom::preview
