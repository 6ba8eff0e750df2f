#include "status/troubles.h"

#include <algorithm>
#include <utility>

#include "status/words.h"

namespace loom::status {
namespace {

std::size_t rank(batch::Cause cause) {
  const auto at = std::find(batch::kCauses.begin(), batch::kCauses.end(), cause);
  return static_cast<std::size_t>(at - batch::kCauses.begin());
}

}  // namespace

std::optional<Trouble> trouble_of(const pipeline::LaneView& lane, TimePoint now, bool slow) {
  Trouble trouble;
  trouble.topics = {lane.topic};
  if (lane.trouble && lane.trouble->cause == batch::Cause::none) return std::nullopt;
  if (lane.trouble) {
    trouble.cause = lane.trouble->cause;
    trouble.since_seconds = in_seconds(now - lane.trouble->since);
    trouble.says = lane.trouble->says;
    return trouble;
  }
  if (!slow || !lane.out_since || now - *lane.out_since < kLongOut) return std::nullopt;
  trouble.cause = batch::Cause::timeout;
  trouble.since_seconds = in_seconds(now - *lane.out_since);
  trouble.says = "the database has had a batch for " + duration_words(trouble.since_seconds) + " without an answer";
  return trouble;
}

Trouble& Troubles::of(batch::Cause cause, double since_seconds) {
  auto found = std::find_if(all_.begin(), all_.end(), [cause](const Trouble& one) { return one.cause == cause; });
  if (found == all_.end()) {
    all_.push_back({.cause = cause, .since_seconds = since_seconds});
    return all_.back();
  }
  found->since_seconds = std::max(found->since_seconds, since_seconds);
  return *found;
}

void Troubles::add(const pipeline::LaneView& lane, TimePoint now, bool slow) {
  auto own = trouble_of(lane, now, slow);
  if (!own) return;
  Trouble& trouble = of(own->cause, own->since_seconds);
  const bool known = std::find(trouble.topics.begin(), trouble.topics.end(), lane.topic) != trouble.topics.end();
  if (!known) trouble.topics.push_back(lane.topic);
  if (trouble.says.empty()) trouble.says = std::move(own->says);
}

void Troubles::add(const ServerTrouble& database, double last_commit_seconds) {
  if (database.cause == batch::Cause::none) return;
  const bool writes_since = last_commit_seconds < database.since_seconds;
  if (database.cause == batch::Cause::read_only && writes_since) return;
  Trouble& trouble = of(database.cause, database.since_seconds);
  if (trouble.says.empty()) trouble.says = database.says;
}

void Troubles::add(const pipeline::Trouble& unprepared, TimePoint now) {
  Trouble& trouble = of(unprepared.cause, in_seconds(now - unprepared.since));
  if (trouble.says.empty()) trouble.says = unprepared.says;
}

std::vector<Trouble> Troubles::take() {
  std::stable_sort(all_.begin(), all_.end(),
                   [](const Trouble& a, const Trouble& b) { return rank(a.cause) < rank(b.cause); });
  for (Trouble& one : all_) std::sort(one.topics.begin(), one.topics.end());
  return std::exchange(all_, {});
}

}  // namespace loom::status
