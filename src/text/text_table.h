#pragma once

#include <string>
#include <vector>

namespace loom::text {

/// A table for a terminal: a row of headings, then rows, columns aligned by their longest cell and two blanks apart.
/// Numbers stand to the right. Cells are one line each: other characters than printable ones are shown escaped.
class TextTable {
 public:
  enum class Side { left, right };
  struct Column {
    std::string heading;
    Side side = Side::left;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string render() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// The text without what could move a terminal's cursor or change its colours: control characters become `\x1b` and
/// the like. At most `max_characters`, with `...` where something was left out.
std::string printable(const std::string& text, std::size_t max_characters = std::string::npos);

}  // namespace loom::text
