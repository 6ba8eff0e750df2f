#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "encode/row_set.h"
#include "options.h"

namespace loom::bench {

/// Rows for one COPY.
struct Piece {
  const std::string* statement = nullptr;  ///< the whole `COPY table (columns) FROM STDIN`
  std::string_view rows;
};

/// The topics' messages as rows of binary COPY, made by the service's own encoder before anything is measured.
/// A repeated message gives one row, a bad one none: they are what the tables hold in the end.
/// Threads: const use by any.  Owns: the rows, partition by partition in order of their offsets.
class PreparedRows {
 public:
  /// Reads the topics and encodes them.
  /// Blocks: while it does.
  /// Fails:  std::runtime_error, also for a refused message unless the options ask for bad ones.
  explicit PreparedRows(const Options& options);

  /// The rows cut into pieces of one COPY each: the partitions in turn, as a consumer of all of them meets them.
  /// They point into this object.
  [[nodiscard]] std::vector<Piece> pieces(std::size_t rows_each) const;

  [[nodiscard]] std::uint64_t rows() const;
  /// Of one target.
  [[nodiscard]] std::uint64_t rows(std::size_t target) const;
  /// Messages that became no row because they are bad; repeated ones included.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t message_bytes() const { return message_bytes_; }
  [[nodiscard]] std::uint64_t row_bytes() const;
  /// What one core decodes and encodes in a second.
  [[nodiscard]] double encoded_per_second() const { return encoded_per_second_; }

 private:
  struct Topic {
    std::string statement;
    std::vector<encode::RowSets> partitions;
  };
  static const encode::RowSet& rows_of(const encode::RowSets& partition);
  void read(const Options& options, std::size_t target);
  /// True for each message but the first of those that are the same.
  bool seen_before(std::string_view message);

  std::vector<Topic> topics_;
  std::unordered_set<std::size_t> seen_;  ///< hashes, while reading
  std::uint64_t refused_ = 0;
  Duration encoding_{};
  std::uint64_t message_bytes_ = 0;
  double encoded_per_second_ = 0;
};

}  // namespace loom::bench
