#include "status/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "status/cause_words.h"
#include "status/lag_known.h"
#include "status/troubles.h"
#include "status/words.h"

namespace loom::status {
namespace {

using batch::Cause;

constexpr double kBehindSeconds = 30;
constexpr double kRetentionRatio = 0.8;
constexpr double kDeadShare = 0.01;
constexpr double kPoolSeconds = 10;
constexpr double kSlowStart = 60;
constexpr double kSlowForLong = 10;
constexpr std::size_t kSaysMost = 400;  // characters of a server's own words

const char* const kNothing = "Nothing.";

std::string shortened(std::string text) {
  if (text.size() <= kSaysMost) return text;
  std::size_t end = kSaysMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  return text.substr(0, end) + "...";
}

/// What was found, and what follows from it for what is looked at later.
class Judge {
 public:
  explicit Judge(const Snapshot& seen) : seen_(seen) {
    for (const TopicStatus& topic : seen.topics) {
      if (topic.state == "stopped") stopped_.push_back(&topic);
    }
  }

  std::vector<Finding> run() {
    servers();
    troubles(true);
    nearly_lost();
    stopped_topics();
    troubles(false);
    lifecycle();
    stuck_partitions();
    behind();
    pool_full();
    refused_reload();
    dead_letters();
    // A note stands beside a verdict and is none.
    if (found_.empty() || found_.front().level == Level::note) found_.insert(found_.begin(), fine());
    return std::move(found_);
  }

 private:
  void add(Level level, std::string title, std::string text, std::string what_to_do) {
    found_.push_back({level, std::move(title), std::move(text), std::move(what_to_do)});
  }

  void server_away(const char* title, const Reachable& server, const std::string& what_to_do) {
    add(Level::bad, title,
        fmt::format("since {} - nothing is lost, it goes on by itself", duration_words(server.since_seconds)),
        server.error.empty() ? what_to_do : what_to_do + " It says: " + shortened(server.error));
  }

  void servers() {
    const Reachable& database = seen_.health.database;
    if (!database.now && (database.trouble.cause == Cause::away || database.trouble.cause == Cause::none)) {
      const CauseWords words = words_of(Cause::away);
      server_away(words.title.data(), database, std::string(words.what_to_do));
    }
    if (!seen_.health.kafka.now) {
      server_away("KAFKA AWAY", seen_.health.kafka, "Bring Kafka back; nothing needs to be restarted here.");
    }
  }

  /// A batch that takes some seconds may be no more than large.
  static Level level_of(const Trouble& trouble) {
    return trouble.cause == Cause::timeout && trouble.since_seconds < kSlowForLong ? Level::warn : Level::bad;
  }

  static bool is_worth_it(const Trouble& trouble) { return trouble.since_seconds >= kWorthAVerdict; }

  void troubles(bool database_wide) {
    for (const Trouble& trouble : seen_.troubles) {
      if (batch::is_database_wide(trouble.cause) != database_wide || !is_worth_it(trouble)) continue;
      if (trouble.cause == Cause::away && !seen_.health.database.now) continue;  // said already
      const auto& topics = trouble.topics;
      const CauseWords words = words_of(trouble.cause);
      std::string text = shortened(trouble.says);
      text += topics.empty() ? fmt::format(" - for {}", duration_words(trouble.since_seconds))
                             : fmt::format(" - {} {} not stored for {}", and_more(topics.front(), topics.size()),
                                           topics.size() == 1 ? "is" : "are", duration_words(trouble.since_seconds));
      add(level_of(trouble), std::string(words.title), text + ", nothing is lost", std::string(words.what_to_do));
      blocked_ = true;
    }
  }

  // A log that was never cut has nothing to lose yet, however little of it is stored.
  void nearly_lost() {
    const lag::PartitionLag* worst = nullptr;
    std::size_t near = 0;
    for (const auto& one : seen_.lag->partitions) {
      const double ratio = one.retention_ratio.value_or(0);
      if (ratio < kRetentionRatio || one.begin.value_or(0) <= 0 || one.lag.value_or(0) <= 0) continue;
      ++near;
      if (worst == nullptr || ratio > *worst->retention_ratio) worst = &one;
    }
    if (worst == nullptr) return;
    add(Level::bad, "ABOUT TO LOSE DATA",
        fmt::format("{}: lag is {} of what Kafka keeps",
                    and_more(fmt::format("{} partition {}", worst->topic, worst->partition), near),
                    percent_words(*worst->retention_ratio)),
        fmt::format("Raise retention.ms and retention.bytes of {} now, then see why it is behind.", worst->topic));
  }

  /// Those for which the database is not the cause: that is told by its own name.
  void stopped_topics() {
    std::vector<const TopicStatus*> told;
    for (const TopicStatus* topic : stopped_) {
      if (!topic->trouble) told.push_back(topic);
    }
    if (!stopped_.empty()) blocked_ = true;
    if (told.empty()) return;
    const TopicStatus& first = *told.front();
    std::string todo = "Mend what the reason names; it goes on by itself";
    if (first.next_try_seconds) todo += fmt::format("; next try in {}", duration_words(*first.next_try_seconds));
    add(Level::bad, told.size() == 1 ? "1 TOPIC STOPPED" : fmt::format("{} TOPICS STOPPED", told.size()),
        fmt::format("{} - {}",
                    told.size() > 1 ? fmt::format("{} (and {} more)", first.topic, told.size() - 1) : first.topic,
                    shortened(first.reason)),
        todo + ". Messages wait in Kafka, the other topics go on.");
  }

  /// Whether it is told already why nothing of the topic is stored.
  [[nodiscard]] bool is_explained(const std::string& topic) const {
    const auto at = std::find_if(seen_.topics.begin(), seen_.topics.end(),
                                 [&topic](const TopicStatus& one) { return one.topic == topic; });
    return at != seen_.topics.end() && (at->state == "stopped" || at->trouble);
  }

  void partitions_in(lag::State state, Level level, const char* title, const char* text, const char* what_to_do) {
    const lag::PartitionLag* first = nullptr;
    std::size_t all = 0;
    for (const auto& one : seen_.lag->partitions) {
      if (one.state != state || is_explained(one.topic)) continue;
      if (first == nullptr) first = &one;
      ++all;
    }
    if (first == nullptr) return;
    add(level, title,
        fmt::format("{}: {}", and_more(fmt::format("{} partition {}", first->topic, first->partition), all), text),
        what_to_do);
  }

  // With a server away every partition stands still, and that is said already.
  void stuck_partitions() {
    if (!seen_.health.database.now || !seen_.health.kafka.now) return;
    partitions_in(lag::State::stop, Level::bad, "NO OWNER", "messages wait and no replica reads them",
                  "Start a replica, or see why one does not come back into the group (rebalances, its log).");
    partitions_in(lag::State::stall, Level::bad, "STALLED", "there is lag and nothing is stored",
                  "See the page of the replica that owns it: it names the cause. Else its last errors.");
    partitions_in(lag::State::rewind, Level::warn, "WENT BACK", "the stored offset is smaller than it was",
                  "Right after \"offsets reset\" or a failover of the database; otherwise find out who changed it.");
  }

  void behind() {
    const lag::GroupLag& lag = *seen_.lag;
    if (lag.total() == 0 || lag.seconds() < kBehindSeconds) return;
    const auto total = static_cast<double>(lag.total());
    const std::string size = plural(total, "message", "messages") + ", " + duration_words(lag.seconds());
    const auto catch_up = lag.catch_up_seconds();
    if (blocked_ || !seen_.health.database.now || !seen_.health.kafka.now) {
      add(Level::warn, "BEHIND", size + "; it follows from what is said above", "Mend that first.");
    } else if (catch_up) {
      add(Level::warn, "BEHIND", fmt::format("{}; caught up in about {}", size, duration_words(*catch_up)),
          "Nothing: it is catching up.");
    } else {
      const double grows = -lag.drain_rate();
      add(Level::bad, "FALLING BEHIND",
          size + (grows > 0 ? fmt::format(", growing by {}/s", rate_words(grows)) : ", not shrinking"),
          "Pool busy and batches waiting: the database is the limit. Else: more CPU, or more replicas (at most one per "
          "partition).");
    }
  }

  void lifecycle() {
    if (seen_.state == "leaving") {
      add(Level::info, "STOPPING", "it stores what it has and leaves the group", "");
    } else if (seen_.state == "no_topics") {
      add(Level::info, "NO TOPICS", "none of the mapped topics exists in Kafka yet",
          "Nothing, when the producers come later. Else compare the names in the mapping file with those in Kafka.");
    } else if (seen_.state != "consuming") {
      const std::string doing = seen_.state == "starting"  ? "reading configuration, tables and offsets"
                                : seen_.state == "joining" ? "waiting for the group to give it partitions"
                                                           : "waiting for the database";
      const bool slow = seen_.uptime_seconds > kSlowStart;
      const bool says_why = seen_.state != "joining" && !seen_.errors.empty();
      add(slow ? Level::warn : Level::info, "STARTING",
          fmt::format("{}, up {}{}", doing, duration_words(seen_.uptime_seconds),
                      says_why ? ": " + shortened(seen_.errors.front().message) : ""),
          slow ? "This should take seconds: see the last errors." : "");
    }
  }

  void pool_full() {
    if (seen_.pool_full_seconds < kPoolSeconds) return;
    add(Level::warn, "POOL EXHAUSTED",
        fmt::format("all {} connections are busy and {}", seen_.pool.maximum,
                    plural(static_cast<double>(seen_.pool.waiting), "batch waits", "batches wait")),
        "The database is the limit: look for slow disks, locks, missing CPU there. More replicas would make it worse.");
  }

  void refused_reload() {
    if (!seen_.refused_reload) return;
    const RefusedReload& refused = *seen_.refused_reload;
    const std::string more =
        refused.errors.size() > 1 ? fmt::format(" (and {} more)", refused.errors.size() - 1) : std::string();
    add(Level::warn, "RELOAD REFUSED",
        fmt::format("{}{} - the old configuration has stayed for {}", shortened(refused.errors.front()), more,
                    duration_words(refused.since_seconds)),
        refused.tried_again ? "Mend the file, or the table that it names; it is tried again by itself."
                            : "Mend the file; GET /validate-config says whether it is right.");
  }

  void dead_letters() {
    if (seen_.minute.dead_letters == 0) return;
    const TopicStatus* worst = nullptr;
    for (const TopicStatus& topic : seen_.topics) {
      if (topic.minute.dead_letters == 0) continue;
      if (worst == nullptr || topic.minute.dead_letter_share() > worst->minute.dead_letter_share()) worst = &topic;
    }
    const double share = seen_.minute.dead_letter_share();
    const bool many = share > kDeadShare || (worst != nullptr && worst->minute.dead_letter_share() > kDeadShare);
    std::string text = fmt::format("{} in the last {}, {} of the messages",
                                   count_words(static_cast<double>(seen_.minute.dead_letters)),
                                   duration_words(std::round(seen_.minute.seconds)), percent_words(share));
    if (worst != nullptr) {
      text += fmt::format("; {}: {} of {}", worst->topic, count_words(static_cast<double>(worst->minute.dead_letters)),
                          count_words(static_cast<double>(std::max(worst->minute.stored, worst->minute.dead_letters))));
    }
    add(many ? Level::warn : Level::note, "DEAD LETTERS", std::move(text),
        "See reason and example below; mend the producer or the mapping, then \"dead-letters replay\".");
  }

  [[nodiscard]] Finding fine() const {
    if (seen_.assignment.empty()) {
      return {Level::ok, "OK", "standing by: no partition is assigned to this replica", kNothing};
    }
    const bool known = is_known(*seen_.lag);
    const bool quiet = seen_.messages.last_minute < 0.05 && known && seen_.lag->total() == 0;
    std::string text = "keeping up - " + (quiet ? "nothing arrives at the moment"
                                                : rate_words(seen_.messages.last_second) + " messages/s");
    if (known && seen_.lag->seconds() > 0) text += ", " + duration_words(seen_.lag->seconds()) + " behind";
    return {Level::ok, "OK", std::move(text), kNothing};
  }

  const Snapshot& seen_;
  std::vector<const TopicStatus*> stopped_;
  std::vector<Finding> found_;
  bool blocked_ = false;  // something is said that keeps topics from being stored
};

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::note:
      return "note";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::bad:
      return "bad";
  }
  return "info";
}

std::vector<Finding> judge(const Snapshot& snapshot) { return Judge(snapshot).run(); }

std::string outlook(const Snapshot& snapshot) {
  const lag::GroupLag& lag = *snapshot.lag;
  if (!is_known(lag)) return {};
  if (lag.total() == 0) return "0 s";
  for (const TopicStatus& topic : snapshot.topics) {
    if (topic.state == "stopped") return "not while a topic is stopped";
  }
  if (!snapshot.health.database.now) return "not without the database";
  if (!snapshot.health.kafka.now) return "not without Kafka";
  for (const Trouble& trouble : snapshot.troubles) {
    if (trouble.since_seconds >= kWorthAVerdict) return "not before it is stored again";
  }
  if (const auto catch_up = lag.catch_up_seconds()) return duration_words(*catch_up);
  if (lag.drain_rate() <= -0.05) return "not while it grows";
  return lag.seconds() < kBehindSeconds ? "keeps up"
                                        : "not in sight";  // under load some messages are always on their way
}

std::string why_not_ready(const Snapshot& snapshot) {
  const auto silent = [](const char* name, const Reachable& server) {
    return fmt::format("{} does not answer: {}", name, server.error);
  };
  for (const Trouble& trouble : snapshot.troubles) {
    const bool counts = trouble.since_seconds >= kWorthAVerdict || !snapshot.health.database.now;
    // A full tablespace, or one connection refused, holds up some topics: the others need this replica.
    if (!batch::is_database_wide(trouble.cause) || trouble.cause == Cause::away || !counts || trouble.others_store) {
      continue;
    }
    return fmt::format("{}: {}", to_string(trouble.cause), trouble.says);
  }
  if (!snapshot.health.database.now) return silent("the database", snapshot.health.database);
  if (!snapshot.health.kafka.now) return silent("Kafka", snapshot.health.kafka);
  if (snapshot.state == "consuming" || snapshot.state == "no_topics") return {};
  return "it has no partitions yet: " + snapshot.state;
}

}  // namespace loom::status
