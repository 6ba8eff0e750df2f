#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"

namespace loom::encode {

/// One bit per column of a table plan. Small on purpose: 64 columns fit without allocation in the common case,
/// more live in `more`.
class ColumnBits {
 public:
  void set(std::size_t column) {
    if (column < 64) {
      first_ |= std::uint64_t{1} << column;
      return;
    }
    const std::size_t word = column / 64 - 1;
    if (more_.size() <= word) more_.resize(word + 1, 0);
    more_[word] |= std::uint64_t{1} << (column % 64);
  }
  void set(std::size_t column, bool on) {
    if (on) return set(column);
    if (column < 64) {
      first_ &= ~(std::uint64_t{1} << column);
    } else if (const std::size_t word = column / 64 - 1; word < more_.size()) {
      more_[word] &= ~(std::uint64_t{1} << (column % 64));
    }
  }
  [[nodiscard]] bool test(std::size_t column) const {
    if (column < 64) return ((first_ >> column) & 1U) != 0;
    const std::size_t word = column / 64 - 1;
    return word < more_.size() && ((more_[word] >> (column % 64)) & 1U) != 0;
  }
  /// How many columns before this one are set: a column's field stands so much further ahead where those are left out.
  [[nodiscard]] std::size_t count_before(std::size_t column) const {
    std::size_t count = 0;
    for (std::size_t before = 0; before < column; ++before) count += test(before) ? 1U : 0U;
    return count;
  }
  void clear() {
    first_ = 0;
    more_.clear();
  }
  [[nodiscard]] bool none() const { return first_ == 0 && more_.empty(); }
  void merge(const ColumnBits& other) {
    first_ |= other.first_;
    if (more_.size() < other.more_.size()) more_.resize(other.more_.size(), 0);
    for (std::size_t i = 0; i < other.more_.size(); ++i) more_[i] |= other.more_[i];
  }
  auto operator<=>(const ColumnBits&) const = default;  // NOLINT(modernize-use-nullptr): false alarm

 private:
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;
};

/// Where one row lies in its row set's bytes, and which message it came from.
struct RowRef {
  std::uint32_t message = 0;  ///< index into the batch's messages
  std::uint32_t begin = 0;    ///< byte offset of the row; it ends where the next one begins
};

/// Rows for one COPY: one table, one list of columns (a column whose default PostgreSQL must compute is left out of
/// the rows that have no value for it, hence several row sets for one table).
/// The bytes are complete rows of binary COPY (field count, then length and value each) or lines of text COPY,
/// without COPY's header and trailer. Rows are in order of their messages.
struct RowSet {
  std::uint16_t table = 0;  ///< index into TopicPlan::tables
  ColumnBits omitted;       ///< columns of the table plan that these rows do not carry
  ByteBuffer bytes;
  std::vector<RowRef> rows;
  std::vector<ColumnBits> present;  ///< per row the columns that the message had; only under ConflictStrategy::update
  std::vector<std::uint32_t> sequence;  ///< per row the index of its element; only where a mapping::SurplusPlan asks
  /// How the rows are best sent, once somebody has found it; both empty: as they are. Without those that another one
  /// with their key takes the place of. It holds for the first `ordered_of` rows: any change of `rows` voids it.
  std::vector<std::uint32_t> ordered;   ///< straight into the table, in the order that suits its index
  std::vector<std::uint32_t> may_meet;  ///< after these through a merge, since the table may have their keys; ascending
  std::vector<std::uint32_t> met;  ///< neither: under ConflictStrategy::ignore the table was seen to have their keys
  std::size_t ordered_of = 0;

  [[nodiscard]] std::size_t row_end(std::size_t row) const {
    return row + 1 < rows.size() ? rows[row + 1].begin : bytes.size();
  }
  [[nodiscard]] std::string_view row(std::size_t row) const { return bytes.view(rows[row].begin, row_end(row)); }
  void forget_order() {
    ordered.clear();
    may_meet.clear();
    met.clear();
    ordered_of = 0;
  }
};

/// A message that empties a table.
struct Truncation {
  std::uint16_t table = 0;    ///< index into TopicPlan::tables
  std::uint32_t message = 0;  ///< index into the batch's messages
};

/// A message that updates a row without telling all of it: the row has to be there.
struct PartialRow {
  std::uint16_t table = 0;    ///< index into TopicPlan::tables
  std::uint32_t message = 0;  ///< index into the batch's messages
};

/// All rows of one batch.
/// Threads: one at a time.  Owns: the row sets; clear() keeps their memory for the next batch.
class RowSets {
 public:
  /// The row set for this table and column list, made when it is not there yet. Row sets stay in order of creation.
  RowSet& at(std::uint16_t table, const ColumnBits& omitted);

  [[nodiscard]] const std::vector<RowSet>& all() const { return sets_; }
  [[nodiscard]] std::vector<RowSet>& all() { return sets_; }
  /// Also those that are to go.
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t bytes() const;

  /// How long the lists of a mapping::SurplusPlan are: per message the key columns of the child table, in the key's
  /// order, the list's length being in that of the sequence, and in RowSet::sequence.
  RowSet& lengths(std::size_t surplus);
  [[nodiscard]] const std::vector<RowSet>& lengths() const { return lengths_; }

  /// The rows that messages delete, as the columns of a mapping::RemovalPlan. RowSet::table is set; none are omitted.
  RowSet& removals(std::uint16_t table);
  [[nodiscard]] const std::vector<RowSet>& removals() const { return removals_; }
  /// In order of message. The message empties these tables before whatever else it has.
  void truncate(std::uint16_t table, std::uint32_t message) { truncations_.push_back({table, message}); }
  [[nodiscard]] const std::vector<Truncation>& truncations() const { return truncations_; }

  /// In order of message.
  void note_partial(std::uint16_t table, std::uint32_t message) { partial_.push_back({table, message}); }
  [[nodiscard]] const std::vector<PartialRow>& partial() const { return partial_; }

  /// A message changes rows that are there already: its batch has nothing to hope from a COPY into the table.
  void note_change() { changes_rows_ = true; }
  [[nodiscard]] bool changes_rows() const { return changes_rows_; }

  /// Drops every row of this message and of later ones: undoes a message that failed half way.
  void drop_from(std::uint32_t message);
  void clear();

 private:
  std::vector<RowSet> sets_;
  std::vector<RowSet> lengths_;  ///< by mapping::SurplusPlan; may be shorter
  std::vector<RowSet> removals_;
  std::vector<Truncation> truncations_;
  std::vector<PartialRow> partial_;
  bool changes_rows_ = false;
};

}  // namespace loom::encode
