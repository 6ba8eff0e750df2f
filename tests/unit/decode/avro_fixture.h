#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/avro/avro_program.h"

namespace loom::decode::testing {

/// The bytes that hexadecimal digits name; blanks between them do not count.
std::string bytes_of(std::string_view hex);

/// Wanted paths in the order of their slots. `*` in front: its list's elements are wanted one by one; `!`: its JSON
/// text is.
WantedPaths paths_for(const std::vector<std::string>& paths);

/// A value with its kind, `integer 5`, `string "a"`, `decimal 1.50`; `-`: absent.
std::string in_words(const Value& value);

std::shared_ptr<const formats::AvroSchema> schema_of(const std::string& text);

/// A program with the values that it fills.
class AvroRun {
 public:
  AvroRun(const std::string& schema, const Wanted& wanted, AvroOptions options = {});
  AvroRun(const std::string& schema, const std::vector<std::string>& paths);

  /// On a copy of the exact size, so that the sanitizer sees a read beyond it. Values live until the next run.
  std::optional<Reject> run(std::string_view bytes);
  /// The message's slots in words, or why there are none.
  std::string slots(std::string_view hex);
  /// The whole message in words, likewise.
  std::string root(std::string_view hex);
  /// Why the bytes were refused; fails where they were not.
  std::string problem(std::string_view hex);
  Values& values() { return values_; }

 private:
  std::vector<char> bytes_;
  std::size_t slots_;
  Values values_;
  AvroProgram program_;
};

/// The slots of these paths in words.
std::string slots(const std::string& schema, const std::vector<std::string>& paths, std::string_view hex);

}  // namespace loom::decode::testing
