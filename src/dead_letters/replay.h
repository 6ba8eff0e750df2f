#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/failpoints.h"
#include "dead_letters/store.h"
#include "decode/make_decoder.h"
#include "mapping/plan.h"
#include "sink/settings.h"

namespace loom::dead_letters {

/// A topic's plan as mapping file and catalog are now, or why there is none.
struct ReplayPlan {
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::string error;
};

struct ReplayOptions {
  DeadLetterFilter filter;
  bool dry_run = false;  ///< only ask the mapping; nothing is written
  bool force = false;    ///< also of topics where that may undo what came later
  /// Stored in place of the messages' own values; what fails with it stays the dead letter that it is, with its reason.
  std::optional<std::string> value{};
  std::FILE* progress = nullptr;                            ///< where the progress bar goes; nullptr: nowhere
  decode::Registry registry{};                              ///< of schemas; what it points to has to wait for them
  std::function<bool(const std::string& topic)> is_ours{};  ///< others' are passed over; unset: all are
  /// `values`: of headers that name its tables, mostly none.
  std::function<ReplayPlan(const std::string& topic, const std::set<mapping::TableValues>& values)> plan_of;
};

/// What became of one topic's dead letters.
struct ReplayedTopic {
  std::string topic;
  std::uint64_t chosen = 0;
  std::uint64_t stored = 0;                    ///< rows now, and no dead letters any more
  std::map<std::string, std::uint64_t> again;  ///< still dead letters, by their reason now
  std::uint64_t elsewhere = 0;                 ///< purged or replayed by somebody else meanwhile
  std::string problem;                         ///< why the rest was not tried
  std::map<std::string, std::string> why{};    ///< of each reason in `again` the words of one

  [[nodiscard]] std::uint64_t rejected() const;
  [[nodiscard]] std::uint64_t left() const { return chosen - std::min(chosen, stored + rejected() + elsewhere); }
};

struct ReplayReport {
  bool dry_run = false;
  std::vector<ReplayedTopic> topics;
  std::map<std::string, std::uint64_t> of_others{};  ///< how many were passed over, by topic
  [[nodiscard]] bool ok() const;
};

/// Makes rows of dead letters, by today's mapping:
///   page of dead letters -> RowBuilder -> sink::write_batch: one transaction that takes all of the page's dead letters
///   or fails, stores the rows, notes the dead letters stored as repaired and gives those that fail again their new
///   reason
/// A kill at any moment leaves each dead letter either as it was or as rows. Dead letters that are there when it begins
/// are replayed, in order of id, each once.
/// Blocks: until done; waits for a database that is away up to about half a minute a page.
/// Fails:  std::runtime_error; what is done by then stays done.
ReplayReport replay_dead_letters(const sink::DatabaseSettings& settings, const ReplayOptions& options,
                                 Failpoints& failpoints);

}  // namespace loom::dead_letters
