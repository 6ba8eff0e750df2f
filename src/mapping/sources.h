#pragma once

#include <optional>
#include <string>

#include "mapping/findings.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// What the text of a source stands for.
struct Source {
  SourceKind kind = SourceKind::field;
  bool of_key = false;  ///< a field of the record's key, instead of one of the message (or of an element)
  std::string path;     ///< of a field, from the root of what it is a field of
  std::string header;   ///< for SourceKind::header
  bool operator==(const Source&) const = default;
};

/// `data.x` is a field, `$key.x` one of the key, `$offset`, `$headers.NAME`, ... are about the record. The text is one
/// that check_source() let through.
Source read_source(const std::string& text);

/// Whether the text stands for something about the record: `$key`, `$topic`, `$headers.NAME`, ..., not `$key.x`.
bool is_metadata_source(const std::string& text);

/// Whether both texts stand for the same value, however their paths are spelt.
bool same_source(const std::string& a, const std::string& b);

/// Whether the text is a source. What cannot be read is an error; what is no source of the record although it begins
/// with `$`, or can never match, is warned of.
bool check_source(const std::string& text, const Place& place, Findings& findings);

/// The same for a key of `array_mappings`: a path, or `$value` for the message itself.
bool check_array_path(const std::string& text, const Place& place, Findings& findings);

/// The path into the message of a key of `array_mappings`: empty for `$value`.
std::string array_root(const std::string& path);

/// Whether the text is a path; an error says so when it is not.
bool check_path(const std::string& path, const Place& place, Findings& findings);

}  // namespace loom::mapping
