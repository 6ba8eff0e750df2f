#include "dead_letters/replay.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "base/clock.h"
#include "batch/batch.h"
#include "encode/row_builder.h"
#include "sink/batch_writer.h"
#include "sink/connection.h"
#include "text/progress_bar.h"

namespace loom::dead_letters {
namespace {

using batch::Batch;
using batch::OutcomeKind;
using std::chrono::milliseconds;

constexpr std::size_t kPageDeadLetters = 500;
constexpr std::size_t kPageBytes = std::size_t{8} << 20U;
constexpr int kTries = 8;

const MessageBacking kBacking{
    [](void* handle) noexcept { delete static_cast<DeadLetter*>(handle); },
    [](const void* handle) {
      std::vector<Header> headers;
      for (const auto& header : static_cast<const DeadLetter*>(handle)->headers) {
        headers.push_back({header.name, header.value ? *header.value : std::string_view(), header.value.has_value()});
      }
      return headers;
    }};

/// The message that the dead letter was.
Message message_of(DeadLetter dead_letter) {
  auto owned = std::make_unique<DeadLetter>(std::move(dead_letter));
  const DeadLetter& whole = *owned;
  Message message(&kBacking, owned.release());
  message.partition = whole.partition;
  message.offset = whole.offset;
  message.timestamp_ms = whole.timestamp_ms;
  message.has_key = whole.key.has_value();
  if (whole.key) message.key = *whole.key;
  message.has_value = whole.value.has_value();
  if (whole.value) message.value = *whole.value;
  return message;
}

/// Whether a message that is stored late may take away what a later one of its key left.
bool may_undo(const mapping::TopicPlan& plan) {
  if (plan.table_headers.empty()) {
    return plan.changes && !plan.changes->removals.empty() && !plan.tables.front().version;
  }
  return std::any_of(plan.variants.begin(), plan.variants.end(),
                     [](const auto& variant) { return variant.plan != nullptr && may_undo(*variant.plan); });
}

/// Replays one topic, page by page.
class TopicReplay {
 public:
  TopicReplay(const sink::DatabaseSettings& settings, const ReplayOptions& options, Failpoints& failpoints,
              DeadLetterStore& store, ReplayedTopic& result)
      : settings_(settings),
        options_(options),
        failpoints_(failpoints),
        store_(store),
        result_(result),
        backoff_(milliseconds(200), std::chrono::seconds(8), static_cast<std::uint64_t>(result.chosen)) {}

  /// `progress` is called with what is done of this topic.
  template <typename Progress>
  void run(std::int64_t last, const Progress& progress) {
    if (!plan()) return;
    std::int64_t after = 0;
    std::uint64_t taken = 0;
    while (result_.problem.empty() && taken < result_.chosen) {
      const auto most = std::min<std::uint64_t>(kPageDeadLetters, result_.chosen - taken);
      const auto sizes = store_.page(options_.filter, result_.topic, after, last, static_cast<std::size_t>(most));
      std::vector<std::int64_t> ids;
      std::size_t bytes = 0;
      for (const auto& [id, size] : sizes) {
        if (!ids.empty() && bytes + size > kPageBytes) break;
        ids.push_back(id);
        bytes += size;
      }
      if (ids.empty()) break;
      after = ids.back();
      taken += ids.size();
      replay_page(std::move(ids));
      progress(taken);
    }
    if (result_.problem.empty()) result_.elsewhere += result_.left();  // gone between counting and reading
  }

 private:
  bool plan() {
    ReplayPlan answer = options_.plan_of(result_.topic, tables_);
    if (answer.plan == nullptr) {
      result_.problem = answer.error.empty() ? "there is no plan for this topic" : std::move(answer.error);
      return false;
    }
    if (!options_.force && !options_.dry_run && may_undo(*answer.plan)) {
      result_.problem =
          "its messages change and delete rows, and later ones of the same keys may be stored already: `dead-letters "
          "replay --force` puts the older state over theirs. Look at the rows first; a `version_column` would let only "
          "newer ones through";
      return false;
    }
    plan_ = std::move(answer.plan);
    if (plan_->known_fields) {  // what these messages have beside the table's columns is the service's to add
      auto plan = std::make_shared<mapping::TopicPlan>(*plan_);
      plan->known_fields.reset();
      plan_ = std::move(plan);
    }
    builder_.emplace(plan_, result_.topic, clock_, options_.registry);
    return true;
  }

  Batch make_batch(std::vector<DeadLetter> dead_letters) {
    Batch batch;
    batch.topic = result_.topic;
    batch.plan_is_fresh = true;  // made for this replay; and what fails stays the dead letter that it is
    batch.corrected = options_.value.has_value();
    for (DeadLetter& dead_letter : dead_letters) {
      batch.replayed.push_back(dead_letter.id);
      if (options_.value) dead_letter.value = options_.value;
      batch.messages.push_back(message_of(std::move(dead_letter)));
    }
    encode(batch);
    return batch;
  }

  /// Where headers name tables that the plan does not have yet, a plan is made that has them.
  void encode(Batch& batch) {
    batch.plan = plan_;
    batch.rows.clear();
    batch.rejected.clear();
    for (std::uint32_t index = 0; index < batch.messages.size(); ++index) {
      if (auto reject = builder_->append(batch.messages[index], index, batch.rows)) {
        batch.rejected.push_back({index, std::move(*reject), batch::InTopic::no});
      }
    }
    const auto& wanted = builder_->wanted().tables;
    if (wanted.empty()) return;
    tables_.insert(wanted.begin(), wanted.end());
    if (plan()) encode(batch);
  }

  void count_done(const Batch& batch) {
    result_.stored += batch.messages.size() - batch.rejected.size();
    for (const auto& rejected : batch.rejected) {
      const std::string reason(to_string(rejected.reject.reason));
      ++result_.again[reason];
      result_.why[reason] = rejected.reject.message;
    }
  }

  void replay_page(std::vector<std::int64_t> ids) {
    backoff_.reset();
    bool in_doubt = false;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      // After a lost connection its backend may still be at it: wait until its locks say how it ended.
      std::vector<DeadLetter> dead_letters = store_.read(ids, in_doubt);
      (in_doubt ? result_.stored : result_.elsewhere) += ids.size() - dead_letters.size();
      if (dead_letters.empty()) return;
      ids.clear();
      for (const auto& dead_letter : dead_letters) ids.push_back(dead_letter.id);
      Batch batch = make_batch(std::move(dead_letters));
      if (!result_.problem.empty()) return;
      if (options_.dry_run) {
        count_done(batch);
        return;
      }
      const batch::Outcome outcome = write(batch);
      in_doubt = outcome.in_doubt;
      switch (outcome.kind) {
        case OutcomeKind::committed:
          count_done(batch);
          return;
        case OutcomeKind::stale:
          break;  // some went to another replay: again with what is left
        case OutcomeKind::retry:
          if (outcome.too_large == batch::TooLarge::surely && ids.size() > 1) {
            replay_halves(ids);
            return;
          }
          std::this_thread::sleep_for(backoff_.next());
          break;
        case OutcomeKind::catalog_changed:
          if (!plan()) return;
          std::this_thread::sleep_for(backoff_.next());
          break;
        case OutcomeKind::stop_topic:
          result_.problem = outcome.message;
          return;
      }
      last_failure_ = outcome.message;
    }
    result_.problem = "gave up after " + std::to_string(kTries) + " tries: " + last_failure_;
  }

  /// They are more than fits into one transaction.
  void replay_halves(const std::vector<std::int64_t>& ids) {
    const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
    replay_page({ids.begin(), middle});
    if (result_.problem.empty()) replay_page({middle, ids.end()});
  }

  batch::Outcome write(Batch& batch) {
    if (connection_ == nullptr || connection_->probe_lost()) {
      sink::Connection::Options options;
      options.url = settings_.url;
      options.application_name = settings_.application_name;
      std::string why;
      connection_ = sink::Connection::open(options, why);
      if (connection_ == nullptr) return batch::Outcome::not_now("no connection to the database: " + why);
    }
    return sink::write_batch(settings_, *connection_, batch, failpoints_, keys_);
  }

  const sink::DatabaseSettings& settings_;
  const ReplayOptions& options_;
  Failpoints& failpoints_;
  DeadLetterStore& store_;
  ReplayedTopic& result_;
  const SystemClock clock_;
  Backoff backoff_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  std::optional<encode::RowBuilder> builder_;
  std::set<mapping::TableValues> tables_;  // that headers of the dead letters so far have named
  std::unique_ptr<sink::Connection> connection_;
  sink::KeyMemory keys_;
  std::string last_failure_;
};

}  // namespace

std::uint64_t ReplayedTopic::rejected() const {
  return std::accumulate(again.begin(), again.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

bool ReplayReport::ok() const {
  return std::all_of(topics.begin(), topics.end(), [](const ReplayedTopic& topic) { return topic.problem.empty(); });
}

ReplayReport replay_dead_letters(const sink::DatabaseSettings& settings, const ReplayOptions& options,
                                 Failpoints& failpoints) {
  DeadLetterStore store(settings.url);
  ReplayReport report;
  report.dry_run = options.dry_run;
  const std::int64_t last = store.last_id();
  std::map<std::string, std::uint64_t> by_topic;
  for (const auto& count : store.counts(options.filter)) {
    const bool ours = !options.is_ours || options.is_ours(count.topic);
    (ours ? by_topic : report.of_others)[count.topic] += count.count;
  }
  std::uint64_t budget = options.filter.limit.value_or(std::numeric_limits<std::uint64_t>::max());
  std::uint64_t total = 0;
  for (const auto& [topic, count] : by_topic) {
    if (budget == 0) break;
    ReplayedTopic& result = report.topics.emplace_back();
    result.topic = topic;
    result.chosen = std::min(count, budget);
    budget -= result.chosen;
    total += result.chosen;
  }
  text::ProgressBar bar(options.progress, options.dry_run ? "checking" : "replaying", total);
  std::uint64_t before = 0;
  for (ReplayedTopic& result : report.topics) {
    TopicReplay(settings, options, failpoints, store, result).run(last, [&](std::uint64_t taken) {
      bar.update(before + taken);
    });
    before += result.chosen;
    bar.update(before);
  }
  return report;
}

}  // namespace loom::dead_letters
