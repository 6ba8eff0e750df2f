#include "sink/split_transaction.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "sink/dead_letter_step.h"
#include "sink/merge_transaction.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

constexpr std::size_t kOneByOne = 8;

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
  std::sort(messages.begin(), messages.end());
  messages.erase(std::unique(messages.begin(), messages.end()), messages.end());
  return messages;
}

// `COPY readings, line 17, column x: ...` -> 17. Line numbers count from 1; in other languages there is no finding it.
std::optional<std::size_t> line_of(const DatabaseError& error, const std::string& table) {
  const std::string start = "COPY " + table + ", line ";
  const std::size_t at = error.context.find(start);
  if (at == std::string::npos) return std::nullopt;
  std::size_t line = 0;
  const char* digits = error.context.data() + at + start.size();
  const auto parsed = std::from_chars(digits, error.context.data() + error.context.size(), line);
  if (parsed.ec != std::errc() || line == 0) return std::nullopt;
  return line;
}

class Splitter {
 public:
  Splitter(const Job& job, bool merge)
      : job_(job), merge_(merge), messages_(messages_with_rows(job.batch.rows)), rejected_(job.batch.rejected) {}

  SplitAttempt run() {
    Attempt attempt = open();
    if (!attempt.failure) attempt = store_ranges();
    if (!attempt.failure) attempt = commit();
    if (attempt.failure && !job_.connection.lost()) job_.connection.execute("ROLLBACK");
    attempt.conflicted = conflicted_;
    return {std::move(attempt), std::move(rejected_), merge_};
  }

 private:
  struct Tried {
    Attempt attempt;
    std::optional<std::uint32_t> message;  ///< of the row that the server blames
  };

  // Until COMMIT has been sent there is no doubt: a lost connection takes everything back.
  static Attempt uncommitted(const Script::Ran& ran) {
    Attempt attempt = attempt_of(ran);
    if (ran.end == Script::Ran::End::lost) attempt.in_doubt = false;
    return attempt;
  }

  Attempt open() {
    const RowGroups rows = merge_groups(*job_.batch.plan, job_.batch.rows);
    Script script;
    script.command("BEGIN");
    script.command("SET LOCAL jit = off");
    open_transaction(job_, rows, script);
    create_stages(job_, rows, script);
    script.command("SAVEPOINT part");
    return uncommitted(script.run(job_.connection, job_.failpoints, Script::Ends::in_transaction));
  }

  Attempt store_ranges() {
    std::vector<Range> todo;  // the next one is the last
    if (!messages_.empty()) todo.push_back({0, messages_.size()});
    while (!todo.empty()) {
      const Range range = todo.back();
      todo.pop_back();
      Tried tried = try_range(range);
      if (!tried.attempt.failure) continue;
      if (!merge_ && wants_merge(tried.attempt, *job_.batch.plan)) {
        merge_ = true;  // and stays so: a topic that conflicts does it often
        todo.push_back(range);
        continue;
      }
      if (!wants_split(tried.attempt, merge_)) return tried.attempt;
      if (range.size() == 1) {
        reject(messages_[range.first], tried.attempt.error);
      } else {
        take_apart(range, tried.message, todo);
      }
    }
    return {};
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

  Tried try_range(Range range) {
    const MessageRange messages{messages_[range.first], messages_[range.last - 1] + 1};
    const RowGroups rows =
        merge_ ? merge_groups(*job_.batch.plan, job_.batch.rows, messages) : plain_groups(job_.batch.rows, messages);
    Script script;
    if (failed_) script.command("ROLLBACK TO SAVEPOINT part");
    // Deferred checks come when the range is complete, as they would at the end of a transaction of its own.
    script.command("SET CONSTRAINTS ALL DEFERRED");
    std::vector<MergeStep> steps;
    for (const RowGroup& group : rows.groups) steps.push_back(merge_group(job_, group, true, script));
    script.command("SET CONSTRAINTS ALL IMMEDIATE");
    script.command("RELEASE SAVEPOINT part");
    script.command("SAVEPOINT part");

    const Script::Ran ran = script.run(job_.connection, job_.failpoints, Script::Ends::in_transaction);
    Tried tried{uncommitted(ran), std::nullopt};
    failed_ = tried.attempt.failure.has_value();
    if (failed_) {
      tried.message = blamed_message(ran, rows, steps);
    } else {
      conflicted_ = conflicted_ || rows.combined > 0 ||
                    std::any_of(steps.begin(), steps.end(), [&](const MergeStep& s) { return met_others(s, ran); });
    }
    return tried;
  }

  [[nodiscard]] std::optional<std::uint32_t> blamed_message(const Script::Ran& ran, const RowGroups& rows,
                                                            const std::vector<MergeStep>& steps) const {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].copy != ran.step) continue;
      const RowGroup& group = rows.groups[i];
      const auto line = line_of(ran.error, group.merge ? statements::stage_relation(group.table)
                                                       : job_.batch.plan->tables[group.table].name.name);
      if (line && *line <= group.messages.size()) return group.messages[*line - 1];
    }
    return std::nullopt;
  }

  static Attempt not_published(std::string why) {
    Attempt attempt;
    attempt.failure = batch::OutcomeKind::retry;
    attempt.error.message = std::move(why);
    return attempt;
  }

  void reject(std::uint32_t message, const DatabaseError& error) {
    rejected_.push_back({message, {reject_reason(error), error.text(), error.sqlstate}, batch::InTopic::no});
  }

  Attempt commit() {
    std::stable_sort(rejected_.begin(), rejected_.end(),
                     [](const auto& a, const auto& b) { return a.message < b.message; });
    // Before COMMIT, so that the offsets never pass a message which its topic does not have.
    if (auto why = publish_dead_letters(job_, rejected_)) return not_published(std::move(*why));
    Script script;
    if (failed_) script.command("ROLLBACK TO SAVEPOINT part");
    const ByteBuffer dead = add_dead_letters(job_, rejected_, script);
    script.command("COMMIT");
    return attempt_of(script.run(job_.connection, job_.failpoints));
  }

  const Job& job_;
  bool merge_;
  std::vector<std::uint32_t> messages_;
  std::vector<batch::RejectedMessage> rejected_;
  bool failed_ = false;  // the savepoint is to be rolled back to before anything else
  bool conflicted_ = false;
};

}  // namespace

SplitAttempt split_batch(const Job& job, bool merge) { return Splitter(job, merge).run(); }

}  // namespace loom::sink
