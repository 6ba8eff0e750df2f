#pragma once

#include <string>
#include <vector>

#include "pipeline/worker.h"
#include "status/snapshot.h"

namespace loom::status {

/// What a batch that has been out for so long, with a connection to itself, says of the database.
inline constexpr std::chrono::seconds kLongOut{3};
/// A trouble that has lasted so long is worth a verdict: a batch that goes through at the second try is none.
inline constexpr double kWorthAVerdict = 1;

/// Collects what keeps topics from being stored, one entry for each cause, whoever told of it.
class Troubles {
 public:
  /// Of a lane. `slow`: a batch that is out for long has nothing else to wait for but the database.
  void add(const pipeline::LaneView& lane, TimePoint now, bool slow);
  /// Of the probe. `last_commit_seconds`: how long ago something was stored. A probe that is told "read-only" by
  /// another server than the one that takes the writes is not believed.
  void add(const ServerTrouble& database, double last_commit_seconds);
  /// Of the start.
  void add(const pipeline::Trouble& unprepared, TimePoint now);
  /// The one that explains the others first.
  [[nodiscard]] std::vector<Trouble> take();

 private:
  Trouble& of(batch::Cause cause, double since_seconds);

  std::vector<Trouble> all_;
};

/// The lane's own, in the form of the documents.
std::optional<Trouble> trouble_of(const pipeline::LaneView& lane, TimePoint now, bool slow);

}  // namespace loom::status
