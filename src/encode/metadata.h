#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_buffer.h"
#include "base/message.h"
#include "base/reject.h"
#include "decode/values.h"
#include "mapping/plan.h"

namespace loom::encode {

/// The sources that are not in the message's value: `$key`, `$timestamp`, `$headers.NAME`, ... Each that a plan uses
/// takes an extra slot behind the message's own, filled per message, so that columns see no difference.
/// Threads: one at a time.  Owns: the text of numbers and times.
class Metadata {
 public:
  explicit Metadata(std::string topic) : topic_(std::move(topic)) {}

  /// The extra slot (from 0) for this source as this column type wants it; the same one for the same wish.
  /// Only before the first fill().
  std::size_t slot(const mapping::ColumnSource& source, mapping::ColumnType column);
  [[nodiscard]] std::size_t slots() const { return entries_.size(); }
  /// `$key`, `$headers.NAME`, ...
  static std::string name(const mapping::ColumnSource& source);

  /// Whether one of them is of this kind.
  [[nodiscard]] bool wants(mapping::SourceKind kind) const;

  /// Fills the extra slots of a decoded message's values from `first` on. `key`: what its key was decoded to; nullptr:
  /// its bytes are all that there is to it.
  /// Fails: text that is not UTF-8 for a column that is not bytea.
  std::optional<Reject> fill(const Message& message, decode::Values& values, std::size_t first,
                             const decode::Value* key);

 private:
  /// What the value is read as, where the source leaves a choice.
  enum class Form : std::uint8_t { text, bytes, number };
  struct Entry {
    mapping::SourceKind kind;
    std::string header;
    Form form;
    ByteBuffer printed;
  };

  static void print_integer(std::int64_t value, Entry& entry, decode::Value& out);
  std::optional<Reject> fill_one(const Message& message, const decode::Value& root, const decode::Value* key,
                                 Entry& entry, decode::Value& out);
  static void take_whole(const decode::Value& whole, std::string_view bytes, Form form, decode::Value& out);

  std::string topic_;
  std::vector<Entry> entries_;
  std::vector<Header> headers_;  ///< of the message at hand, asked for only when a header is mapped
  bool wants_headers_ = false;
};

}  // namespace loom::encode
