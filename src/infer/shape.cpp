#include "infer/shape.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

namespace loom::infer {
namespace {

void add_number(Shape& shape, const nlohmann::ordered_json& value) {
  const double number = value.get<double>();
  const bool first = shape.numbers() == 0;
  shape.smallest = first ? number : std::min(shape.smallest, number);
  shape.largest = first ? number : std::max(shape.largest, number);
  // The parser makes a double of an integer that fits into no 64 bits.
  const bool whole_beyond = value.is_number_float() && (number >= 0x1p63 || number < -0x1p63);
  const bool unsigned_beyond = value.is_number_unsigned() && value.get<std::uint64_t>() > 0x7FFF'FFFF'FFFF'FFFFU;
  if (whole_beyond || unsigned_beyond) shape.beyond_int8 = true;
  ++(value.is_number_float() && !whole_beyond ? shape.fractions : shape.integers);
}

}  // namespace

void Shape::add(const nlohmann::ordered_json& value, std::size_t message, bool in_list, int depth) {
  ++seen;
  if (!in_list) {
    values.resize(message + 1, 0);
    if (value.is_primitive() && !value.is_null())
      values[message] =
          std::hash<std::string>()(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) | 1U;
  }
  if (value.is_null()) {
    ++nulls;
  } else if (value.is_boolean()) {
    ++booleans;
  } else if (value.is_number()) {
    add_number(*this, value);
  } else if (value.is_string()) {
    ++texts;
    forms &= forms_of(value.get_ref<const std::string&>());
  } else if (value.is_object()) {
    ++objects;
    if (depth >= kDeepest) return;
    for (const auto& [name, inner] : value.items()) {
      auto field =
          std::find_if(fields.begin(), fields.end(), [&name = name](const Field& f) { return f.name == name; });
      if (field == fields.end()) field = fields.insert(fields.end(), Field{name, {}});
      field->shape.add(inner, message, in_list, depth + 1);
    }
  } else {
    shortest_list = lists == 0 ? value.size() : std::min<std::uint64_t>(shortest_list, value.size());
    longest_list = std::max<std::uint64_t>(longest_list, value.size());
    ++lists;
    if (depth >= kDeepest) return;
    for (const auto& inner : value) {
      if (!element) element = std::make_unique<Shape>();
      element->add(inner, message, true, depth + 1);
    }
  }
}

}  // namespace loom::infer
