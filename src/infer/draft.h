#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infer/shape.h"
#include "mapping/mapping_file.h"

namespace loom::infer {

/// A column, where its value comes from, and what a person should look at before taking it.
struct DraftColumn {
  std::string source;  ///< a path into the message, or into an element of its list
  std::string column;
  mapping::ValueType type = mapping::ValueType::string;
  std::string doubt;  ///< empty: none
};

/// A list whose elements become rows: of a child table, or, where the message itself is the list, of the topic's own.
struct DraftList {
  std::string path;
  std::string table;  ///< empty: the topic's own
  std::string sequence;
  std::vector<DraftColumn> columns;
};

struct MappingDraft {
  std::string topic;
  std::string table;
  std::uint64_t messages = 0;
  std::vector<DraftColumn> columns;
  std::vector<DraftList> lists;
  std::vector<std::string> key;  ///< columns of the table; those of it that come from the message are required
  std::string key_doubt;
  bool updates = false;  ///< messages with one key differed: the later one is meant to win
};

struct DraftOptions {
  std::string topic;
  std::optional<std::string> table;  ///< without: made of the topic's name
  std::vector<std::string> key;      ///< columns that the user knows to be the key
};

/// A mapping for messages of this shape. `root`: of the messages, all objects or all lists.
/// Fails: WrongSetting where the shape has no rows, or no column that `key` names.
MappingDraft draft_mapping(const Shape& root, std::uint64_t messages, const DraftOptions& options);

}  // namespace loom::infer
