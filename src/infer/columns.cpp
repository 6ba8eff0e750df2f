#include "infer/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "infer/names.h"
#include "mapping/paths.h"

namespace loom::infer {
namespace {

using mapping::ValueType;

/// An object with more names than this, most of them in few messages only, is a map from data to data.
constexpr std::size_t kManyNames = 24;
/// Lists of numbers that long, all of one length, are vectors.
constexpr std::uint64_t kVector = 8;

const std::set<std::string_view>& time_words() {
  static const std::set<std::string_view> kWords{"at",   "time",  "timestamp", "ts",    "date",    "created", "updated",
                                                 "when", "epoch", "modified",  "start", "started", "end",     "ended"};
  return kWords;
}

const std::set<std::string_view>& money_words() {
  static const std::set<std::string_view> kWords{"price", "amount", "total",    "cost", "balance", "tax",
                                                 "fee",   "fees",   "subtotal", "vat",  "salary",  "discount"};
  return kWords;
}

/// Digits, or longer hexadecimal with digits in it: an id, not a name.
bool looks_like_data(const std::string& name) {
  const auto digits = std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool only_hex = name.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  return !name.empty() &&
         (digits == static_cast<std::ptrdiff_t>(name.size()) || (only_hex && digits > 2 && name.size() >= 8));
}

bool is_map(const Shape& shape) {
  const auto data = std::count_if(shape.fields.begin(), shape.fields.end(),
                                  [](const Shape::Field& field) { return looks_like_data(field.name); });
  if (data != 0 && data * 2 >= static_cast<std::ptrdiff_t>(shape.fields.size())) return true;
  if (shape.fields.size() <= kManyNames) return false;
  std::uint64_t present = 0;
  for (const auto& field : shape.fields) present += field.shape.seen;
  return present * 4 < shape.objects * shape.fields.size();
}

bool is_only_objects(const Shape& shape) {
  return shape.objects != 0 && shape.scalars() == 0 && shape.lists == 0 && !shape.fields.empty();
}

void gather(const Shape& shape, const std::string& path, const std::vector<std::string>& steps, bool lists_too,
            Leaves& leaves) {
  for (const auto& field : shape.fields) {
    Leaf leaf{path.empty() ? mapping::path_to(field.name) : path + "." + mapping::path_to(field.name), steps,
              &field.shape};
    leaf.steps.push_back(field.name);
    if (is_only_objects(field.shape) && !is_map(field.shape) && leaf.steps.size() < kDeepest) {
      gather(field.shape, leaf.path, leaf.steps, lists_too, leaves);
      continue;
    }
    const bool rows = lists_too && field.shape.lists != 0 && field.shape.objects == 0 && field.shape.scalars() == 0 &&
                      field.shape.element && is_only_objects(*field.shape.element) && !is_map(*field.shape.element);
    (rows ? leaves.lists : leaves.columns).push_back(std::move(leaf));
  }
}

struct Typed {
  ValueType type = ValueType::string;
  std::string doubt;
};

/// The unit that instants of our time have in numbers of this size; unspecified: none.
ValueType unit_of(const Shape& shape) {
  // From September 2001 to the year 2100, in seconds since 1970.
  constexpr double kFrom = 1e9;
  constexpr double kTo = 4.1e9;
  double scale = 1;
  for (const ValueType unit :
       {ValueType::timestamp_s, ValueType::timestamp_ms, ValueType::timestamp_us, ValueType::timestamp_ns}) {
    if (shape.smallest >= kFrom * scale && shape.largest <= kTo * scale) return unit;
    scale *= 1000;
  }
  return ValueType::unspecified;
}

Typed type_of_numbers(const Shape& shape, const std::string& name) {
  const ValueType unit = unit_of(shape);
  if (unit != ValueType::unspecified && has_word(name, time_words())) {
    return {unit, "numbers of the size of instants since 1970"};
  }
  if (shape.beyond_int8 && shape.fractions == 0) return {ValueType::decimal, "more digits than a BIGINT holds"};
  if (shape.fractions == 0) {
    const bool may_be_time = unit != ValueType::unspecified;
    return {ValueType::integer, may_be_time ? "an instant? then " + std::string(to_string(unit)) : ""};
  }
  if (has_word(name, money_words()) && !has_word(name, {"percent", "percentage", "ratio", "share", "rate", "score"})) {
    return {ValueType::decimal, "by its name an amount; decimal(12,2) would round to cents"};
  }
  return {ValueType::floating, ""};
}

Typed type_of_texts(const Shape& shape) {
  if (shape.is_text(TextForm::timestamp)) return {ValueType::timestamp, ""};
  if (shape.is_text(TextForm::date)) return {ValueType::date, ""};
  if (shape.is_text(TextForm::time)) return {ValueType::time, ""};
  if (shape.is_text(TextForm::uuid)) return {ValueType::uuid, ""};
  if (shape.is_text(TextForm::inet)) return {ValueType::string, "all are addresses: inet, if no names come"};
  if (shape.is_text(TextForm::decimal)) return {ValueType::decimal, "numbers in texts"};
  if (shape.is_text(TextForm::integer)) return {ValueType::string, "digits in texts: integer, if it is no code"};
  if (shape.is_text(TextForm::json)) return {ValueType::string, "JSON in texts: `json`, with the transform json_parse"};
  if (shape.is_text(TextForm::base64)) return {ValueType::bytes, "Base64, by its letters: stored as bytes"};
  return {ValueType::string, ""};
}

Typed type_of_lists(const Shape& shape) {
  if (!shape.element) return {ValueType::json, "only empty lists were seen"};
  const Shape& element = *shape.element;
  const bool scalars = element.objects == 0 && element.lists == 0 && element.scalars() != 0;
  if (!scalars) return {ValueType::json, ""};
  const bool numbers = element.numbers() == element.seen;
  if (numbers && element.fractions != 0 && shape.shortest_list == shape.longest_list && shape.longest_list >= kVector) {
    return {ValueType::float_array, fmt::format("all have {} numbers: a vector? stored as REAL[]", shape.longest_list)};
  }
  return {ValueType::array, numbers ? "becomes TEXT[]; a table of your own may have a list of numbers" : ""};
}

Typed type_of(const Shape& shape, const std::string& name) {
  const bool composed = shape.objects != 0 || shape.lists != 0;
  if (shape.scalars() == 0 && !composed) return {ValueType::string, "only null was seen"};
  if (composed && (shape.scalars() != 0 || (shape.objects != 0 && shape.lists != 0))) {
    return {ValueType::json, "values of several kinds"};
  }
  if (shape.objects != 0) return {ValueType::json, shape.fields.empty() ? "only empty objects were seen" : ""};
  if (shape.lists != 0) return type_of_lists(shape);
  if (shape.booleans == shape.scalars()) return {ValueType::boolean, ""};
  if (shape.numbers() == shape.scalars()) return type_of_numbers(shape, name);
  if (shape.texts == shape.scalars()) return type_of_texts(shape);
  return {ValueType::string, "values of several kinds"};
}

}  // namespace

Leaves leaves_of(const Shape& shape, bool lists_too) {
  Leaves leaves;
  gather(shape, "", {}, lists_too, leaves);
  return leaves;
}

DraftColumn column_of(const Leaf& leaf, std::uint64_t of) {
  Typed typed = type_of(*leaf.shape, leaf.steps.back());
  const std::uint64_t present = leaf.shape->seen - leaf.shape->nulls;
  if (present != 0 && present * 10 < of) {
    typed.doubt += (typed.doubt.empty() ? "" : "; ") + fmt::format("{} of {} have it", present, of);
  }
  return {leaf.path, column_name(leaf.steps.back()), typed.type, std::move(typed.doubt)};
}

}  // namespace loom::infer
