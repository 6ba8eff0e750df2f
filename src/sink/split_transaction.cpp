#include "sink/split_transaction.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sink/batch_transaction.h"
#include "sink/copy_context.h"
#include "sink/dead_letter_step.h"
#include "sink/key_question.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

constexpr std::size_t kOneByOne = 8;

/// After so many messages that failed, and none that went in, only some of the rest are tried, spread over it, before
/// the table counts as broken: a large batch would be tried in full again and again for as long as it is.
constexpr std::size_t kSuspectsMost = 1000;
constexpr std::size_t kSamples = 32;

/// Messages that have rows, by position in the list of them: [first, last).
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] std::size_t size() const { return last - first; }
};

std::vector<std::uint32_t> messages_with_rows(const encode::RowSets& rows) {
  std::vector<std::uint32_t> messages;
  for (const auto& set : rows.all()) {
    for (const auto& row : set.rows) messages.push_back(row.message);
  }
  for (const auto& set : rows.removals()) {
    for (const auto& row : set.rows) messages.push_back(row.message);
  }
  for (const auto& one : rows.truncations()) messages.push_back(one.message);
  std::sort(messages.begin(), messages.end());
  messages.erase(std::unique(messages.begin(), messages.end()), messages.end());
  return messages;
}

/// What is known against messages that failed by themselves, and for them: whether their tables take others.
class Evidence {
 public:
  using Tables = std::set<std::uint16_t>;

  void went_in(const RowGroups& rows) {
    for (const RowGroup& group : rows.groups) {
      if (group.has_rows()) taken_.insert(group.table);
    }
  }
  /// `tables`: those that may be broken, if it is not the message.
  void suspect(Tables tables, const DatabaseError& error) {
    suspects_.push_back({.tables = std::move(tables), .error = error});
  }
  [[nodiscard]] bool nothing_went_in() const { return taken_.empty(); }
  [[nodiscard]] std::size_t suspects() const { return suspects_.size(); }

  /// The first of the failures that the table may have caused as well as the message; nullptr: there is none. A lone
  /// message is bad if its transaction goes through without rows, which is known by now, unless a broken table would
  /// fail in the same way, or such a message came right before it.
  [[nodiscard]] const DatabaseError* unproven(bool alone_is_no_proof) const {
    const Suspect* first = nullptr;
    std::size_t count = 0;
    for (const Suspect& suspect : suspects_) {
      if (std::includes(taken_.begin(), taken_.end(), suspect.tables.begin(), suspect.tables.end())) continue;
      if (first == nullptr) first = &suspect;
      ++count;
    }
    if (first == nullptr) return nullptr;
    const bool alone = count == 1 && !alone_is_no_proof && !wants_a_neighbour(first->error);
    return alone ? nullptr : &first->error;
  }

 private:
  struct Suspect {
    Tables tables;
    DatabaseError error;
  };
  Tables taken_;
  std::vector<Suspect> suspects_;
};

class Splitter {
 public:
  Splitter(const Job& job, bool merge)
      : job_(job), merge_(merge), messages_(messages_with_rows(job.batch.rows)), rejected_(job.batch.rejected) {}

  SplitAttempt run() {
    Attempt attempt = open();
    if (!attempt.failure) attempt = store_ranges();
    if (!attempt.failure) attempt = judge_suspects();
    if (!attempt.failure) attempt = commit();
    if (attempt.failure && !job_.connection.lost()) job_.connection.execute("ROLLBACK");
    attempt.conflicted = conflicted_;
    return {std::move(attempt), std::move(rejected_), merge_};
  }

 private:
  struct Tried {
    Attempt attempt;
    std::optional<std::uint32_t> message;  ///< of the row that the server blames
    Evidence::Tables tables;               ///< that may have failed
  };

  Script::Ran run(const Script& script) {
    return script.run(job_.connection, job_.failpoints, Script::Ends::in_transaction);
  }

  Attempt open() {
    const RowGroups rows = merge_groups(*job_.batch.plan, job_.batch.rows);
    Script script;
    script.command("BEGIN");
    script.command("SET LOCAL jit = off");
    // Between the ranges the transaction waits for us, and before its end for the brokers, if they get dead letters.
    script.command("SET LOCAL idle_in_transaction_session_timeout = 0");
    open_transaction(job_, rows, script);
    create_all_stages(job_, script);
    script.command("SAVEPOINT part");
    return uncommitted(run(script));
  }

  Attempt store_ranges() {
    std::vector<Range> todo;  // the next one is the last
    if (!messages_.empty()) todo.push_back({0, messages_.size()});
    while (!todo.empty()) {
      const Range range = todo.back();
      todo.pop_back();
      Tried tried = try_range(range);
      if (!tried.attempt.failure) continue;
      if (!merge_ && wants_merge(tried.attempt, job_.batch)) {
        merge_ = true;  // and stays so: a topic that conflicts does it often
        todo.push_back(range);
        continue;
      }
      if (!wants_split(tried.attempt, job_.batch, merge_)) return tried.attempt;
      const bool suspected = fault_of(tried.attempt, *job_.batch.plan, merge_) == Fault::suspected;
      if (suspected && !goes_without_rows_) {
        Attempt without_rows = try_without_rows();
        if (without_rows.failure) return without_rows;
        goes_without_rows_ = true;
      }
      if (range.size() > 1) {
        take_apart(range, tried.message, todo);
        continue;
      }
      if (suspected) evidence_.suspect(std::move(tried.tables), tried.attempt.error);
      if (evidence_.nothing_went_in() && evidence_.suspects() == kSuspectsMost && job_.batch.replayed.empty()) {
        Attempt other = try_samples(todo);
        if (other.failure) return other;
        if (evidence_.nothing_went_in()) break;
      }
      reject(messages_[range.first], tried.attempt.error);
    }
    // Whatever their codes say: a table that takes no rows at all makes no message bad.
    const bool all_bad = evidence_.nothing_went_in() && rejected_.size() > job_.batch.rejected.size();
    return all_bad && !goes_without_rows_ ? try_without_rows() : Attempt{};
  }

  /// The statements of the batch, none of its rows: what fails now is no row's fault.
  Attempt try_without_rows() {
    if (auto lost = go_back()) return *lost;
    RowGroups rows = groups({});
    for (RowGroup& group : rows.groups) {
      group.pieces.clear();
      group.messages.clear();
    }
    return store(rows, Keep::no).attempt;
  }

  /// Some of what is left to be tried, until one would go in. Returns a failure that is no row's, if one comes.
  Attempt try_samples(const std::vector<Range>& todo) {
    std::vector<std::size_t> left;
    for (const Range& range : todo) {
      for (std::size_t i = range.first; i < range.last; ++i) left.push_back(i);
    }
    const std::size_t samples = std::min(kSamples, left.size());
    for (std::size_t i = 0; i < samples && evidence_.nothing_went_in(); ++i) {
      const std::size_t at = left[(i + 1) * left.size() / samples - 1];
      Tried tried = try_range({at, at + 1}, Keep::no);
      if (tried.attempt.failure && !wants_split(tried.attempt, job_.batch, merge_)) return tried.attempt;
    }
    return {};
  }

  Attempt judge_suspects() {
    if (!job_.batch.replayed.empty()) return {};  // they are dead letters, and stay so
    const DatabaseError* const unproven = evidence_.unproven(job_.batch.alone_is_no_proof);
    if (unproven == nullptr) return {};
    Attempt attempt;
    attempt.failure = batch::OutcomeKind::stop_topic;
    attempt.error = *unproven;
    attempt.wants_company = true;
    attempt.note =
        evidence_.suspects() == 1
            ? "the only message that was tried fails so; whether it is bad or the table is broken shows with "
              "the next ones"
            : std::to_string(evidence_.suspects()) +
                  " messages fail by themselves, and none goes into the table: the table, its triggers or the "
                  "role's privileges are broken, not the messages";
    return attempt;
  }

  void take_apart(Range range, std::optional<std::uint32_t> blamed, std::vector<Range>& todo) const {
    if (range.size() <= kOneByOne) {
      for (std::size_t i = range.last; i > range.first; --i) todo.push_back({i - 1, i});
      return;
    }
    std::size_t after = range.first;  // where the rest begins
    std::size_t at = range.last;
    if (blamed) {
      const auto found = std::lower_bound(messages_.begin(), messages_.end(), *blamed);
      at = static_cast<std::size_t>(found - messages_.begin());
      if (at >= range.first && at < range.last) after = at + 1;
    }
    // The rest in halves, though nothing is known against it: with many bad rows it would be sent in full for each.
    const std::size_t middle = after + (range.last - after) / 2;
    if (middle < range.last) todo.push_back({middle, range.last});
    if (after < middle) todo.push_back({after, middle});
    if (after == range.first) return;
    todo.push_back({at, at + 1});
    if (range.first < at) todo.push_back({range.first, at});
  }

  [[nodiscard]] RowGroups groups(MessageRange messages, const KeyNumbers& numbers = {}) const {
    return merge_ ? merge_groups(*job_.batch.plan, job_.batch.rows, messages, numbers)
                  : plain_groups(job_.batch.rows, messages);
  }

  /// After a failure the savepoint comes first, in a query string of its own: Pgpool-II refuses it among others.
  std::optional<Attempt> go_back() {
    if (!failed_) return std::nullopt;
    Script script;
    script.command("ROLLBACK TO SAVEPOINT part");
    Attempt attempt = uncommitted(run(script));
    if (attempt.failure) return attempt;
    failed_ = false;
    return std::nullopt;
  }

  /// Kept, or tried and taken back: who comes before the others must not stay there.
  enum class Keep : std::uint8_t { yes, no };

  Tried try_range(Range range, Keep keep = Keep::yes) {
    if (auto lost = go_back()) return {.attempt = std::move(*lost), .message = std::nullopt, .tables = {}};
    const MessageRange messages{messages_[range.first], messages_[range.last - 1] + 1};
    NumberedKeys keys = merge_ ? number_keys(job_, messages, true) : NumberedKeys{};
    if (keys.failure) {
      failed_ = true;
      return {.attempt = std::move(*keys.failure), .message = keys.message, .tables = std::move(keys.tables)};
    }
    const RowGroups rows = groups(messages, keys.numbers);
    Tried tried = store(rows, keep);
    if (!tried.attempt.failure) evidence_.went_in(rows);
    return tried;
  }

  Tried store(const RowGroups& rows, Keep keep = Keep::yes) {
    Script script;
    // Deferred checks come when the range is complete, as they would at the end of a transaction of its own.
    script.command("SET CONSTRAINTS ALL DEFERRED");
    std::vector<MergeStep> steps;
    for (const RowGroup& group : rows.groups) steps.push_back(merge_group(job_, group, true, script));
    script.command("SET CONSTRAINTS ALL IMMEDIATE");
    if (keep == Keep::yes) {
      script.command("RELEASE SAVEPOINT part");
      script.command("SAVEPOINT part");
    } else {
      script.command("ROLLBACK TO SAVEPOINT part");
    }

    const Script::Ran ran = run(script);
    if (refused_the_question(job_, steps, ran)) {
      failed_ = true;
      if (auto lost = go_back()) return {.attempt = std::move(*lost), .message = std::nullopt, .tables = {}};
      return store(rows, keep);
    }
    Tried tried{.attempt = uncommitted(ran), .message = std::nullopt, .tables = {}};
    failed_ = tried.attempt.failure.has_value();
    if (failed_) {
      blame(ran, rows, steps, tried);
    } else if (keep == Keep::yes) {
      conflicted_ = conflicted_ || rows.combined > 0 ||
                    std::any_of(steps.begin(), steps.end(), [&](const MergeStep& s) { return met_others(s, ran); });
    }
    return tried;
  }

  /// Which table failed, and the message of the row that the server names. A check that was put off is no table's.
  void blame(const Script::Ran& ran, const RowGroups& rows, const std::vector<MergeStep>& steps, Tried& tried) const {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const RowGroup& group = rows.groups[i];
      tried.tables.insert(group.table);
      if (ran.step < steps[i].first || ran.step > steps[i].last) continue;
      tried.tables = {group.table};
      if (steps[i].first != ran.step || group.surplus >= 0 || !group.empties.empty()) return;
      const auto line = line_of(ran.error, group.removes ? statements::removal_stage_relation(group.table)
                                           : group.merge ? statements::stage_relation(group.table)
                                                         : job_.batch.plan->tables[group.table].name.name);
      if (line && *line <= group.messages.size()) tried.message = group.messages[*line - 1];
      return;
    }
  }

  static Attempt not_published(std::string why) {
    Attempt attempt;
    attempt.failure = batch::OutcomeKind::retry;
    attempt.error.message = std::move(why);
    return attempt;
  }

  void reject(std::uint32_t message, const DatabaseError& error) {
    std::string words = error.text();
    if (const auto column = column_of_value(error, *job_.batch.plan)) words += " (column `" + *column + "`)";
    rejected_.push_back({message, {reject_reason(error), std::move(words), error.sqlstate}, batch::InTopic::no});
  }

  Attempt commit() {
    if (auto lost = go_back()) return *lost;
    std::stable_sort(rejected_.begin(), rejected_.end(),
                     [](const auto& a, const auto& b) { return a.message < b.message; });
    // Before COMMIT, so that the offsets never pass a message which its topic does not have.
    if (auto why = publish_dead_letters(job_, rejected_)) return not_published(std::move(*why));
    Script script;
    const ByteBuffer dead = add_dead_letters(job_, rejected_, script);
    script.command("COMMIT");
    return attempt_of(script.run(job_.connection, job_.failpoints));
  }

  const Job& job_;
  bool merge_;
  std::vector<std::uint32_t> messages_;
  std::vector<batch::RejectedMessage> rejected_;
  Evidence evidence_;
  bool failed_ = false;             // the savepoint is to be rolled back to before anything else
  bool goes_without_rows_ = false;  // tried, and so
  bool conflicted_ = false;
};

}  // namespace

SplitAttempt split_batch(const Job& job, bool merge) { return Splitter(job, merge).run(); }

}  // namespace loom::sink
