#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/failpoints.h"
#include "mapping/plan.h"
#include "sink/connection.h"

namespace loom::sink {

/// Rows for one COPY, as pieces that lie elsewhere (in the batch, mostly) and are sent from there.
struct CopyData {
  bool binary = true;
  std::vector<std::string_view> pieces;
};

/// Statements that go out as one query string: one round trip, one more per COPY, and one implicit transaction when
/// none is open. Fill it, then run() it once.
/// Threads: one at a time.  Owns: its SQL; the rows stay with the caller until run() has returned.
class Script {
 public:
  /// Each returns the index of its step, under which the result tells what came of it.
  std::size_t command(std::string_view sql);
  /// A command whose rows are wanted: they come in Ran::answers.
  std::size_t query(std::string_view sql);
  std::size_t check(const mapping::TablePlan& table);
  /// `point` is passed while its data is under way.
  std::size_t copy(const std::string& sql, CopyData data, Failpoint point = Failpoint::copying);

  struct Ran {
    enum class End : std::uint8_t {
      done,
      failed,         ///< the server refused step `step`: `error`
      table_differs,  ///< a checked table is not what the plan says: `error.message`
      lost            ///< the connection broke: `error`
    };
    End end = End::done;
    bool sent = false;  ///< whether the server may have seen any of it
    DatabaseError error;
    std::size_t step = 0;
    Duration commit{};                   ///< from the last statement's answer to the end of the transaction
    std::vector<std::int64_t> affected;  ///< per step: rows written; for a query its rows
    std::vector<Result> answers;         ///< of each query(), in their order
  };
  /// Whether the script's success is the transaction's commit.
  enum class Ends : std::uint8_t { with_commit, in_transaction };
  [[nodiscard]] Ran run(Connection& connection, Failpoints& failpoints, Ends ends = Ends::with_commit) const;

 private:
  struct Step {
    const mapping::TablePlan* checked = nullptr;
    CopyData data;
    Failpoint point = Failpoint::copying;
    bool is_query = false;
  };
  /// Passes the failpoints around what is sent last, behind which a script that commits may be committed.
  class Last;
  std::size_t add(std::string_view sql, Step step);
  Result run_copy(Connection& connection, std::size_t index, bool refuse, Last& last) const;

  std::string sql_;
  std::vector<Step> steps_;
  std::size_t last_copy_ = kNone;  // the step whose data is sent last
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
};

}  // namespace loom::sink
