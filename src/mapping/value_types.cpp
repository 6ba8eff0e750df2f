#include "mapping/value_types.h"

#include <strings.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/choices.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {
namespace {

// PostgreSQL's own limits (NUMERIC_MAX_PRECISION, NUMERIC_MAX_SCALE); scales below 0 and above the precision are taken
// from PostgreSQL 15 on.
constexpr int kMaxPrecision = 1000;
constexpr int kMaxScale = 1000;

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || last != end) return std::nullopt;
  return number;
}

/// `a`, or `a,b`
std::optional<std::vector<int>> whole_numbers(std::string_view list) {
  std::vector<int> numbers;
  for (;;) {
    const std::size_t comma = list.find(',');
    const auto number = whole_number(trimmed(list.substr(0, comma)));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    if (comma == std::string_view::npos) return numbers;
    list.remove_prefix(comma + 1);
  }
}

bool is_scale(int scale) { return scale >= -kMaxScale && scale <= kMaxScale; }

}  // namespace

std::optional<NamedType> parse_value_type(const std::string& text) {
  static constexpr Choices<ValueType, 2> kWithParameters(
      {{{"decimal", ValueType::decimal}, {"decimal_base64", ValueType::decimal_base64}}});
  const std::string_view whole = trimmed(text);
  const std::size_t open = whole.find('(');
  const std::string name(trimmed(whole.substr(0, open)));
  if (open == std::string_view::npos) {
    const auto type = kValueTypes.find(name);
    if (!type) return std::nullopt;
    return NamedType{*type, {}};
  }
  const auto type = kWithParameters.find(name);
  if (!type || !whole.ends_with(')')) return std::nullopt;
  const auto numbers = whole_numbers(whole.substr(open + 1, whole.size() - open - 2));
  if (!numbers) return std::nullopt;
  const std::vector<int>& given = *numbers;
  if (*type == ValueType::decimal_base64) {
    if (given.size() != 1 || !is_scale(given[0])) return std::nullopt;
    return NamedType{*type, {0, given[0]}};
  }
  const int scale = given.size() == 2 ? given[1] : 0;
  if (given.size() > 2 || given[0] < 1 || given[0] > kMaxPrecision || !is_scale(scale)) return std::nullopt;
  return NamedType{*type, {given[0], scale}};
}

std::string value_type_names() {
  return kValueTypes.names() + ", decimal(P,S) with P from 1 to 1000 and S from -1000 to 1000, decimal_base64(S)";
}

std::string value_type_refusal(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kSqlNames{
      {{"text", "string"},      {"varchar", "string"},     {"char", "string"},
       {"str", "string"},       {"int", "integer"},        {"bigint", "integer"},
       {"smallint", "integer"}, {"int4", "integer"},       {"int8", "integer"},
       {"long", "integer"},     {"bool", "boolean"},       {"double", "float"},
       {"real", "float"},       {"number", "float"},       {"double precision", "float"},
       {"numeric", "decimal"},  {"money", "decimal"},      {"jsonb", "json"},
       {"object", "json"},      {"datetime", "timestamp"}, {"timestamptz", "timestamp"},
       {"bytea", "bytes"},      {"list", "array"},         {"vector", "float_array"}}};
  const std::string name(trimmed(text).substr(0, trimmed(text).find('(')));
  std::string meant = kValueTypes.meant_by(text);
  for (const auto& [sql, ours] : kSqlNames) {
    const bool same = name.size() == sql.size() && strncasecmp(name.data(), sql.data(), sql.size()) == 0;
    if (same) meant = "did you mean `" + std::string(ours) + "`? ";
  }
  return "is `" + text + "`; " + meant + "accepted: " + value_type_names();
}

std::string type_text(ValueType type, const TypeParameters& parameters) {
  std::string text(to_string(type));
  if (type == ValueType::decimal_base64) return text + "(" + std::to_string(parameters.scale) + ")";
  if (type != ValueType::decimal || parameters.precision == 0) return text;
  return text + "(" + std::to_string(parameters.precision) + "," + std::to_string(parameters.scale) + ")";
}

std::int32_t numeric_modifier(const TypeParameters& parameters) {
  constexpr std::int32_t kHeader = 4;  // VARHDRSZ, which the modifier is counted from
  if (parameters.precision == 0) return -1;
  return ((parameters.precision << 16) | (parameters.scale & 0x7FF)) + kHeader;
}

}  // namespace loom::mapping
