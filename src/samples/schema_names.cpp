#include "samples/schema_names.h"

namespace loom::samples {
namespace {
namespace schema_names {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

}  // namespace schema_names
}  // namespace

std::string SchemaNames::record(std::string_view of) {
  std::string name;
  bool begins_word = true;
  for (const char c : of) {
    const bool kept = schema_names::is_letter(c) || (schema_names::is_digit(c) && !name.empty());
    if (kept) name.push_back(begins_word && schema_names::is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c);
    begins_word = !kept;
  }
  if (name.empty()) name = "Record";
  std::string unique = name;
  for (std::size_t i = 2; !used_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
  return unique;
}

std::string as_identifier(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool kept = schema_names::is_letter(c) || schema_names::is_digit(c);
    if (schema_names::is_digit(c) && out.empty()) out.push_back('_');
    out.push_back(kept ? c : '_');
  }
  return out.empty() ? "_" : out;
}

}  // namespace loom::samples
