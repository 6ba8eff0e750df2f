#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "infer/text_forms.h"

namespace loom::infer {

/// What was seen in one place of the sample messages: of which kinds the values were, and what below them.
struct Shape {
  struct Field;

  std::uint64_t seen = 0;  ///< values of every kind, nulls included
  std::uint64_t nulls = 0;
  std::uint64_t booleans = 0;
  std::uint64_t integers = 0;
  std::uint64_t fractions = 0;  ///< numbers with a point or an exponent
  std::uint64_t texts = 0;
  std::uint64_t objects = 0;
  std::uint64_t lists = 0;

  double smallest = 0;  ///< of the numbers
  double largest = 0;
  bool beyond_int8 = false;                 ///< an integer that no BIGINT holds
  TextFormSet forms = TextFormSet().set();  ///< that all texts have

  std::vector<Field> fields;       ///< of the objects, in the order in which they were first seen
  std::unique_ptr<Shape> element;  ///< of all the lists; nullptr: all were empty
  std::uint64_t shortest_list = 0;
  std::uint64_t longest_list = 0;

  /// A hash of the value by number of the message, 0 where it had none or null. Empty inside lists.
  std::vector<std::uint64_t> values;

  [[nodiscard]] std::uint64_t numbers() const { return integers + fractions; }
  [[nodiscard]] std::uint64_t scalars() const { return booleans + numbers() + texts; }
  [[nodiscard]] bool is_text(TextForm form) const { return texts != 0 && has(forms, form); }

  /// Takes one more value in. `message`: its number from 0; nested deeper than kDeepest: only that it was there.
  void add(const nlohmann::ordered_json& value, std::size_t message, bool in_list = false, int depth = 0);
};

struct Shape::Field {
  std::string name;
  Shape shape;
};

inline constexpr int kDeepest = 32;

}  // namespace loom::infer
