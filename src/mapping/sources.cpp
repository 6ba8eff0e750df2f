#include "mapping/sources.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/similar.h"
#include "mapping/paths.h"

namespace loom::mapping {
namespace {

constexpr std::string_view kHeaders = "$headers.";
constexpr std::array<std::pair<std::string_view, SourceKind>, 6> kMetadata{{{"$key", SourceKind::key},
                                                                            {"$topic", SourceKind::topic},
                                                                            {"$partition", SourceKind::partition},
                                                                            {"$offset", SourceKind::offset},
                                                                            {"$timestamp", SourceKind::timestamp},
                                                                            {"$value", SourceKind::value}}};

bool is_header(std::string_view text) { return text.starts_with(kHeaders) && text.size() > kHeaders.size(); }

bool is_key_field(std::string_view text) { return text.starts_with("$key.") || text.starts_with("$key["); }

/// The letters behind `$headers.`; a name in quotes without them.
std::string header_name(std::string_view text) {
  text.remove_prefix(kHeaders.size());
  if (text.starts_with('"')) {
    const ParsedPath quoted = parse_path(text);
    if (quoted.problem.empty() && quoted.steps.size() == 1) return quoted.steps[0].name;
  }
  return std::string(text);
}

/// Of `$offset.x`, `$value[0]`: `$offset`, `$value`. Empty where the text is no path below such a source.
std::string_view metadata_above(std::string_view text) {
  for (const auto& [name, kind] : kMetadata) {
    const bool below =
        text.size() > name.size() && text.starts_with(name) && (text[name.size()] == '.' || text[name.size()] == '[');
    if (below && kind != SourceKind::key) return name;
  }
  return {};
}

void warn_of_dollar(const std::string& text, const Place& place, Findings& findings) {
  const std::string_view above = metadata_above(text);
  if (above == "$value") {
    findings.warning(place, "can never match: `$value` is the message as a whole, and its fields are named without it");
  } else if (!above.empty()) {
    findings.warning(place, "can never match: `" + std::string(above) + "` is a single value, with nothing below it");
  } else {
    constexpr std::array<std::string_view, 7> kNames{"$key",       "$topic", "$partition", "$offset",
                                                     "$timestamp", "$value", "$headers"};
    findings.warning(
        place, "is read as a field of that name in the message (in double quotes it is so without this warning); " +
                   did_you_mean(text.substr(0, text.find_first_of(".[")), kNames) +
                   "metadata sources are $key, $key.FIELD, $topic, $partition, $offset, $timestamp, $headers.NAME "
                   "and $value");
  }
}

}  // namespace

bool is_metadata_source(const std::string& text) {
  for (const auto& known : kMetadata) {
    if (text == known.first) return true;
  }
  return is_header(text);
}

Source read_source(const std::string& text) {
  Source source;
  for (const auto& [name, kind] : kMetadata) {
    if (text == name) source.kind = kind;
  }
  if (source.kind != SourceKind::field) return source;
  if (is_header(text)) {
    source.kind = SourceKind::header;
    source.header = header_name(text);
  } else if (is_key_field(text)) {
    source.of_key = true;
    source.path = path_below(text, "$key");
  } else {
    source.path = text;
  }
  return source;
}

bool same_source(const std::string& a, const std::string& b) {
  Source first = read_source(a);
  Source second = read_source(b);
  if (first.kind == SourceKind::field && second.kind == SourceKind::field && same_path(first.path, second.path)) {
    second.path = first.path;
  }
  return first == second;
}

bool check_path(const std::string& path, const Place& place, Findings& findings) {
  std::string problem = parse_path(path).problem;
  if (path.empty()) problem = "a path is names with single dots between them";
  if (!problem.empty()) findings.error(place, "is `" + path + "`; " + problem);
  return problem.empty();
}

bool check_source(const std::string& text, const Place& place, Findings& findings) {
  if (is_header(text)) return true;  // letter by letter
  if (!check_path(text, place, findings)) return false;
  if (text[0] == '$' && !is_metadata_source(text) && !is_key_field(text)) warn_of_dollar(text, place, findings);
  return true;
}

bool check_array_path(const std::string& text, const Place& place, Findings& findings) {
  if (text == "$value") return true;
  if (is_metadata_source(text) || is_key_field(text)) {
    findings.error(place, "is no list that can become rows: that takes a path into the message, or $value where the " +
                              std::string("message itself is the list"));
    return false;
  }
  return check_source(text, place, findings);
}

std::string array_root(const std::string& path) { return path == "$value" ? std::string() : path; }

}  // namespace loom::mapping
