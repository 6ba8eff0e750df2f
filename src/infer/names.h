#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loom::infer {

/// A field's name as a column's: `orderId` and `Order-ID` become `order_id`; at most 63 bytes. Letters beyond ASCII
/// stay. Pure.
std::string column_name(std::string_view field);

/// The words that a name is made of: `order_id` has `order` and `id`.
std::vector<std::string> words_of(std::string_view name);

/// Whether one of the name's words is one of these.
bool has_word(std::string_view name, const std::set<std::string_view>& words);

/// The name, or with `_2`, `_3`, ... behind it, so that it is none of `taken`.
std::string free_name(const std::string& name, const std::set<std::string>& taken);

}  // namespace loom::infer
