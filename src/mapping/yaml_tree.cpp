#include "mapping/yaml_tree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace loom::mapping {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxJsonBytes = 1 << 20;

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `0x1F` and `0o17` as decimal text; nullopt when the text is neither or does not fit 64 bits.
std::optional<std::string> prefixed_integer(std::string_view text) {
  if (text.size() < 3 || text.size() > 18 || text[0] != '0') return std::nullopt;
  const std::uint64_t base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(2)) {
    const std::string_view digits = "0123456789abcdef";
    const std::size_t digit = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c);
    if (digit == std::string_view::npos || digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return std::to_string(value);
}

/// A number of YAML's core schema in JSON's spelling (`+.5` -> `0.5`, `007` -> `7`), digits kept as they are.
std::optional<std::string> json_number(std::string_view text) {
  if (auto prefixed = prefixed_integer(text)) return prefixed;
  std::string out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') out = "-";
    text.remove_prefix(1);
  }
  const std::size_t exponent_at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent_at);
  const std::size_t dot = mantissa.find('.');
  std::string_view whole = mantissa.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : mantissa.substr(dot + 1);
  if ((!whole.empty() && !is_digits(whole)) || (!fraction.empty() && !is_digits(fraction))) return std::nullopt;
  if (whole.empty() && fraction.empty()) return std::nullopt;
  while (whole.size() > 1 && whole[0] == '0') whole.remove_prefix(1);
  out += whole.empty() ? std::string_view("0") : whole;
  if (dot != std::string_view::npos) out += "." + (fraction.empty() ? std::string("0") : std::string(fraction));
  if (exponent_at != std::string_view::npos) {
    std::string_view exponent = text.substr(exponent_at + 1);
    out += 'e';
    if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) {
      if (exponent[0] == '-') out += '-';
      exponent.remove_prefix(1);
    }
    if (!is_digits(exponent)) return std::nullopt;
    out += exponent;
  }
  return out;
}

void append_json_scalar(const YAML::Node& node, std::string& out) {
  const std::string& text = node.Scalar();
  const std::string& tag = node.Tag();
  const bool plain = tag == "?" || tag.empty();
  const auto tagged = [&tag](std::string_view type) { return tag == "tag:yaml.org,2002:" + std::string(type); };
  if (plain || tagged("bool")) {
    if (text == "true" || text == "True" || text == "TRUE") {
      out += "true";
      return;
    }
    if (text == "false" || text == "False" || text == "FALSE") {
      out += "false";
      return;
    }
  }
  if (plain || tagged("int") || tagged("float")) {
    if (const auto number = json_number(text)) {
      out += *number;
      return;
    }
  }
  append_json_string(text, out);
}

bool append_json(const YAML::Node& node, int depth, std::string& out) {
  if (depth > kMaxDepth || out.size() > kMaxJsonBytes) return false;
  if (!node.IsDefined() || node.IsNull()) {
    out += "null";
    return true;
  }
  if (node.IsScalar()) {
    append_json_scalar(node, out);
    return true;
  }
  const bool is_map = node.IsMap();
  out += is_map ? '{' : '[';
  bool first = true;
  for (const auto& item : node) {
    if (!first) out += ',';
    first = false;
    if (is_map) {
      append_json_string(item.first.IsScalar() ? item.first.Scalar() : std::string(), out);
      out += ':';
    }
    if (!append_json(is_map ? YAML::Node(item.second) : YAML::Node(item), depth + 1, out)) return false;
  }
  out += is_map ? '}' : ']';
  return true;
}

Entry* find_entry(std::vector<Entry>& entries, const std::string& key) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&key](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::vector<Entry> collect(const YAML::Node& node, const Place& place, Findings& findings, int depth);

void merge_into(std::vector<Entry>& entries, const YAML::Node& source, const Place& place, Findings& findings,
                int depth) {
  if (depth > kMaxDepth) {
    findings.error(place, "`<<` merges maps that merge others, more than " + std::to_string(kMaxDepth) + " deep");
    return;
  }
  if (source.IsSequence()) {
    for (const auto& item : source) merge_into(entries, item, place, findings, depth + 1);
    return;
  }
  if (!source.IsMap()) {
    findings.error(place, "`<<` takes a map or a list of maps, and has " + kind_of(source));
    return;
  }
  for (auto& merged : collect(source, place, findings, depth + 1)) {
    if (find_entry(entries, merged.key) == nullptr) entries.push_back(std::move(merged));
  }
}

std::vector<Entry> collect(const YAML::Node& node, const Place& place, Findings& findings, int depth) {
  std::vector<Entry> entries;
  std::vector<YAML::Node> merges;
  for (const auto& item : node) {
    const int line = line_of(item.first);
    if (!item.first.IsScalar()) {
      findings.error({place.topic, place.key, line}, "a key must be a single value, and is " + kind_of(item.first));
      continue;
    }
    const std::string& key = item.first.Scalar();
    if (key == "<<" && item.first.Tag() == "?") {
      merges.push_back(item.second);
      continue;
    }
    const Entry* first = find_entry(entries, key);
    if (first == nullptr) {
      entries.push_back({key, line, item.second});
      continue;
    }
    const Place here = place.inside(key, line);
    if (json_of(first->value) == json_of(item.second)) {
      findings.warning(here, "stands twice, with the same value; the first is in line " + std::to_string(first->line));
    } else {
      findings.error(here, "stands twice, with different values; the first is in line " + std::to_string(first->line));
    }
  }
  for (const auto& merge : merges) merge_into(entries, merge, place, findings, depth);
  return entries;
}

/// The first comma outside of a path's steps in quotes (`data."a,b"`); a quote that is not closed is one letter.
std::size_t comma_in(std::string_view list) {
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == ',') return at;
    if (list[at] != '"' || !(trimmed(list.substr(0, at)).empty() || list[at - 1] == '.')) continue;
    std::size_t close = at + 1;
    while (close < list.size() && list[close] != '"') close += list[close] == '\\' ? 2 : 1;
    if (close < list.size()) at = close;
  }
  return std::string_view::npos;
}

}  // namespace

int line_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? 0 : mark.line + 1;
}

std::string kind_of(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return "nothing";
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  return "the single value `" + node.Scalar() + "`";
}

std::vector<Entry> entries_of(const YAML::Node& node, const Place& place, Findings& findings) {
  if (!node.IsDefined() || node.IsNull()) return {};
  if (!node.IsMap()) {
    findings.error(place, "must be a map (`name: value` lines), and is " + kind_of(node));
    return {};
  }
  return collect(node, place, findings, 0);
}

std::optional<std::string> text_of(const YAML::Node& node, const Place& place, Findings& findings) {
  if (!node.IsDefined() || node.IsNull()) return std::nullopt;
  if (node.IsScalar()) return std::string(trimmed(node.Scalar()));
  findings.error(place, "must be a single value, and is " + kind_of(node));
  return std::nullopt;
}

std::vector<std::string> names_of(const YAML::Node& node, const Place& place, Findings& findings) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name, int line) {
    name = trimmed(name);
    const Place here{place.topic, place.key, line > 0 ? line : place.line};
    if (name.empty()) {
      findings.warning(here, "has an empty name, which is left out");
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      findings.warning(here, "names `" + std::string(name) + "` twice");
    } else {
      names.emplace_back(name);
    }
  };
  const auto add_list = [&](std::string_view list, int line) {
    while (true) {
      const std::size_t comma = comma_in(list);
      add(list.substr(0, comma), line);
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  };
  if (!node.IsDefined() || node.IsNull()) return names;
  if (node.IsScalar()) {
    if (!trimmed(node.Scalar()).empty()) add_list(node.Scalar(), line_of(node));
  } else if (node.IsSequence()) {
    for (const auto& item : node) {
      if (item.IsScalar() || item.IsNull()) {
        add_list(item.IsNull() ? std::string() : item.Scalar(), line_of(item));
      } else {
        findings.error({place.topic, place.key, line_of(item)}, "takes names, and has " + kind_of(item));
      }
    }
  } else {
    findings.error(place, "takes a list of names (or one comma-separated text), and is a map");
  }
  return names;
}

std::optional<std::string> json_of(const YAML::Node& node) {
  std::string out;
  if (!append_json(node, 0, out)) return std::nullopt;
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace loom::mapping
