#include "plan_builder.h"

#include <cstddef>

#include "mapping/paths.h"
#include "mapping/sources.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::SourceKind;
using mapping::ValueType;

/// What a column without a type in the mapping is read as.
ValueType natural_type(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return ValueType::boolean;
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
      return ValueType::integer;
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
      return ValueType::floating;
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
    case ColumnType::date:
      return ValueType::timestamp;
    case ColumnType::bytea:
      return ValueType::bytes;
    case ColumnType::json:
    case ColumnType::jsonb:
      return ValueType::json;
    default:
      return ValueType::string;
  }
}

}  // namespace

PlanBuilder::PlanBuilder(bool binary) {
  plan_.mapping = "topic";
  plan_.tables.emplace_back();
  table().name.name = "own";
  table().binary = binary;
}

PlanBuilder& PlanBuilder::child_table(const std::string& name) {
  plan_.tables.emplace_back();
  table().name.name = name;
  table().binary = plan_.tables.front().binary;
  table().row_without_elements = false;
  return *this;
}

mapping::ColumnSource PlanBuilder::source(const std::string& text) {
  mapping::ColumnSource made;
  const mapping::Source meant = mapping::read_source(text);
  made.kind = meant.kind;
  made.header = meant.header;
  if (meant.kind != SourceKind::field) return made;
  if (meant.of_key) {
    made.scope = mapping::SourceScope::key;
    made.slot = mapping::add_slot(plan_.key, meant.path);
  } else if (text.starts_with('[')) {
    made.scope = mapping::SourceScope::element;
    made.array = static_cast<std::int16_t>(text[1] - '0');
    const std::string rest = text.substr(3);
    if (rest == "#") {
      made.kind = SourceKind::element_index;
    } else {
      auto& tree = plan_.arrays[static_cast<std::size_t>(made.array)].element;
      made.slot = mapping::add_slot(tree, rest.starts_with('.') ? rest.substr(1) : rest);
    }
  } else {
    made.slot = mapping::add_slot(plan_.message, text);
  }
  return made;
}

PlanBuilder& PlanBuilder::column(const std::string& name, ColumnType type, const std::vector<std::string>& sources) {
  table().columns.emplace_back();
  last().info.name = name;
  last().info.type = type;
  last().info.type_name = "its type";
  last().value_type = natural_type(type);
  for (const auto& text : sources) last().sources.push_back(source(text));
  return *this;
}

PlanBuilder& PlanBuilder::array_of(ColumnType element, const std::string& name, const std::string& from,
                                   ValueType value_type) {
  column(name, element, {from});
  last().info.is_array = true;
  last().info.element_oid = 0x01020304;
  last().value_type = value_type;
  return *this;
}

PlanBuilder& PlanBuilder::as(ValueType type) {
  last().value_type = type;
  return *this;
}
PlanBuilder& PlanBuilder::transform(mapping::Transform transform) {
  last().transform = transform;
  return *this;
}
PlanBuilder& PlanBuilder::defaults_to(const std::string& json) {
  last().default_json = json;
  return *this;
}
PlanBuilder& PlanBuilder::nul(mapping::NulPolicy policy) {
  plan_.nul = policy;
  return *this;
}

PlanBuilder& PlanBuilder::required(const std::string& name, const std::vector<std::string>& sources) {
  mapping::RequiredField field;
  field.name = name;
  for (const auto& text : sources) field.sources.push_back(source(text));
  plan_.required.push_back(std::move(field));
  return *this;
}

PlanBuilder& PlanBuilder::explode(const std::string& path) {
  const auto index = static_cast<std::int16_t>(plan_.arrays.size());
  plan_.message.nodes[mapping::add_node(plan_.message, mapping::array_root(path))].array = index;
  plan_.arrays.emplace_back();
  plan_.arrays.back().path = path;
  plan_.arrays.back().table = static_cast<std::uint16_t>(plan_.tables.size() - 1);
  table().arrays.push_back(index);
  return *this;
}

std::shared_ptr<const mapping::TopicPlan> PlanBuilder::build() const {
  return std::make_shared<const mapping::TopicPlan>(plan_);
}

Message message_of(std::string_view value) {
  Message message;
  message.value = value;
  message.has_value = true;
  return message;
}

Rows::Rows(const PlanBuilder& plan, const std::string& topic) : plan_(plan.build()), builder_(plan_, topic, clock_) {}

std::string Rows::add(std::string_view json) { return add(message_of(json)); }

std::string Rows::add(const Message& message) {
  reject_ = builder_.append(message, messages_++, sets_);
  return reject_ ? std::string(to_string(reject_->reason)) : "";
}

std::vector<std::string_view> Rows::row(std::size_t row, std::size_t set) const {
  const encode::RowSet& rows = sets_.all().at(set);
  return encode::split_row(rows.row(row), plan_->tables[rows.table].binary);
}

std::string Rows::field(const PlanBuilder& plan, std::string_view json_value) {
  Rows rows(plan);
  const std::string json = "{\"v\":" + std::string(json_value) + "}";
  std::string reject = rows.add(json);
  if (!reject.empty()) return reject;
  const std::string_view field = rows.row().at(0);
  return field.data() == nullptr ? "NULL" : std::string(field);
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace loom::testing
