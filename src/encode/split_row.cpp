#include <cstdint>

#include "encode/row_builder.h"

namespace loom::encode {
namespace {

std::uint32_t read_be32(const char* at) {
  std::uint32_t value = 0;
  __builtin_memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}

std::vector<std::string_view> split_binary(std::string_view row) {
  constexpr std::uint32_t kNull = 0xFFFF'FFFFU;
  std::vector<std::string_view> fields;
  const char* at = row.data() + 2;  // past the number of fields
  const char* const end = row.data() + row.size();
  while (at < end) {
    const std::uint32_t size = read_be32(at);
    at += 4;
    if (size == kNull) {
      fields.emplace_back();
    } else {
      fields.emplace_back(at, size);
      at += size;
    }
  }
  return fields;
}

std::vector<std::string_view> split_text(std::string_view row) {
  if (row.ends_with('\n')) row.remove_suffix(1);
  std::vector<std::string_view> fields;
  // Escaping left no tab inside a field.
  for (;;) {
    const std::size_t tab = row.find('\t');
    const std::string_view field = row.substr(0, tab);
    fields.push_back(field == "\\N" ? std::string_view() : field);
    if (tab == std::string_view::npos) return fields;
    row.remove_prefix(tab + 1);
  }
}

}  // namespace

std::vector<std::string_view> split_row(std::string_view row, bool binary) {
  return binary ? split_binary(row) : split_text(row);
}

}  // namespace loom::encode
