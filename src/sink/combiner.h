#pragma once

#include <cstddef>
#include <cstdint>
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
  bool gone = false;                     ///< a later message's list ends before it
};

/// Leaves of the rows of one table that share a key the one row that the messages would have left, one after the other;
/// and finds out which lists have become shorter.
/// Threads: one at a time.  Owns: the candidates; their bytes stay in the row sets.
class Combiner {
 public:
  explicit Combiner(const mapping::TablePlan& table) : table_(table) {}

  /// In the order of the messages.
  void add(const RowPlace& place, RowKey key);

  /// How many rows went into another one, or are gone.
  [[nodiscard]] std::size_t combined() const { return combined_; }
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }
  /// Of each list the shortest length that a message had for it, in the order in which they were first seen.
  [[nodiscard]] const std::vector<RowPlace>& shortest() const { return shortest_; }

 private:
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
  std::size_t combined_ = 0;
};

}  // namespace loom::sink
