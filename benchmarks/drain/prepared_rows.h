#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/row_set.h"
#include "options.h"

namespace loom::bench {

/// The topic's messages as rows of binary COPY, made by the service's own encoder before anything is measured.
/// Threads: const use by any.  Owns: the rows, partition by partition in order of their offsets.
class PreparedRows {
 public:
  /// Reads the topic and encodes it.  Blocks: while it does.  Fails: std::runtime_error, also for a refused message.
  explicit PreparedRows(const Options& options);

  /// The rows cut into pieces of one COPY each: the partitions in turn, as a consumer of all of them meets them.
  [[nodiscard]] std::vector<std::string_view> pieces(std::size_t rows_each) const;

  /// `COPY table (columns) FROM STDIN`
  [[nodiscard]] std::string copy_statement(const std::string& table) const;

  [[nodiscard]] std::uint64_t message_bytes() const { return message_bytes_; }
  [[nodiscard]] std::uint64_t row_bytes() const;
  /// What one core decodes and encodes in a second.
  [[nodiscard]] double encoded_per_second() const { return encoded_per_second_; }

 private:
  [[nodiscard]] const encode::RowSet& rows_of(std::size_t partition) const;

  std::vector<encode::RowSets> partitions_;
  std::vector<std::string> columns_;
  std::uint64_t message_bytes_ = 0;
  double encoded_per_second_ = 0;
};

}  // namespace loom::bench
