#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encode/row_set.h"
#include "mapping/plan.h"
#include "sink/row_keys.h"
#include "sink/row_places.h"

namespace loom::sink {

/// One row on its way into a group: as it is in its row set, or put together from several.
struct Candidate {
  const encode::RowSet* set = nullptr;
  std::size_t row = 0;
  std::uint32_t message = 0;
  encode::ColumnBits present;
  bool rebuilt = false;
  encode::ColumnBits omitted;            ///< from here: only when rebuilt
  std::vector<std::string_view> values;  ///< per plan column; those of omitted ones mean nothing
  bool partial = false;                  ///< an update whose row has to be in the table: it does not tell all of it
  bool gone = false;                     ///< a later message deletes it, or its list ends before it
};

/// Leaves of the rows of one table that share a key the one row that the messages would have left, one after the other;
/// and finds out which lists have become shorter, and which rows go.
/// Threads: one at a time.  Owns: the candidates; their bytes stay in the row sets.
class Combiner {
 public:
  explicit Combiner(const mapping::TablePlan& table) : table_(table) {}

  /// In the order of the messages.
  void add(const RowPlace& place, RowKey key);
  /// All that came so far is gone.
  void empty();

  /// How many rows went into another one, or are gone.
  [[nodiscard]] std::size_t combined() const { return combined_; }
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }
  /// Of each list the shortest length that a message had for it, in the order in which they were first seen.
  [[nodiscard]] const std::vector<RowPlace>& shortest() const { return shortest_; }
  /// Of each row that goes the last removal, in the order in which they were first seen. Under a mapping::TablePlan's
  /// `deleted_at` these rows are marked.
  [[nodiscard]] std::vector<RowPlace> removals() const;

 private:
  void add_row(const RowPlace& place, RowKey key);
  void add_removal(const RowPlace& place, const RowKey& key);
  void remove_owned(const std::string& owner);
  /// The row of this key is gone, or marked; false: it is newer than the removal.
  bool remove_row(const RowPlace& place, const std::string& key);
  void mark(Candidate& kept, const RowPlace& place) const;
  void drop(std::size_t candidate, const std::string& key);
  [[nodiscard]] std::optional<std::int64_t> version_of(const RowPlace& place) const;
  [[nodiscard]] std::optional<std::int64_t> version_of(const Candidate& candidate) const;
  void add_length(const RowPlace& place, const std::string& list);
  void take_over(Candidate& kept, Candidate later) const;
  void overlay(Candidate& kept, const Candidate& later) const;
  void rebuild(Candidate& kept) const;
  [[nodiscard]] std::vector<std::string_view> values_of(const encode::RowSet& set, std::size_t row) const;
  /// A conflict leaves the column as the first row had it.
  [[nodiscard]] bool stays(std::size_t column) const;

  const mapping::TablePlan& table_;
  std::vector<Candidate> candidates_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, std::string>>> by_list_;  // with their keys
  std::vector<RowPlace> shortest_;
  std::unordered_map<std::string, std::size_t> shortest_of_;
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, std::string>>> by_owner_;  // with their keys
  std::vector<std::optional<RowPlace>> removals_;  // nothing: a later row is there again, without its mark
  std::unordered_map<std::string, std::size_t> removal_of_;
  std::size_t combined_ = 0;
};

}  // namespace loom::sink
