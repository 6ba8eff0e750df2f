#include "registry/schema_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "registry/parse_schema.h"

namespace loom::registry {
namespace cache {
namespace {

using Reach = RegistryState::Reach;

/// The thread looks at its clock at least so often, since that need not be the one of the condition variable.
constexpr std::chrono::milliseconds kLook{1000};

Reach reach_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
    case Outcome::unknown:
    case Outcome::unusable:
      return Reach::reachable;
    case Outcome::refused:
      return Reach::refused;
    case Outcome::away:
      return Reach::away;
  }
  return Reach::away;
}

bool is_outage(Reach reach) { return reach == Reach::away || reach == Reach::refused; }

std::size_t bytes_of(const FetchedSchema& fetched) {
  std::size_t bytes = fetched.text.size();
  for (const ReferencedText& reference : fetched.references) bytes += reference.text.size();
  return bytes;
}

}  // namespace
}  // namespace cache

std::string_view to_string(RegistryState::Reach reach) {
  switch (reach) {
    case RegistryState::Reach::unasked:
      return "unasked";
    case RegistryState::Reach::reachable:
      return "reachable";
    case RegistryState::Reach::away:
      return "away";
    case RegistryState::Reach::refused:
      return "refused";
  }
  return "unasked";
}

// A Backoff shortens each wait by up to half: of twice the shortest.
SchemaCache::SchemaCache(std::unique_ptr<SchemaFetcher> fetcher, const Clock& clock, SchemaCacheSettings settings)
    : fetcher_(std::move(fetcher)),
      clock_(clock),
      table_(settings.limits),
      backoff_(2 * settings.retry_first, settings.retry_cap, settings.seed),
      retry_first_(settings.retry_first) {
  state_.since = clock_.now();
  thread_ = std::thread([this] { run(); });
}

SchemaCache::~SchemaCache() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  fetcher_->stop();
  work_.notify_one();
  thread_.join();
}

decode::SchemaAnswer SchemaCache::find(const decode::SchemaId& id) {
  const MutexLock lock(mutex_);
  const std::size_t wanted = table_.wanted();
  decode::SchemaAnswer answer = table_.find(id, clock_.now());
  if (table_.wanted() != wanted) work_.notify_one();
  return answer;
}

bool SchemaCache::wait(std::span<const decode::SchemaId> ids, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  return changed_.wait_until(lock, until, [&]() LOOM_REQUIRES(mutex_) {
    bool all = true;
    for (const decode::SchemaId& id : ids) all = !table_.find(id, clock_.now()).wanted && all;
    if (!all) work_.notify_one();
    return all;
  });
}

SchemaCache::Subscription SchemaCache::subscribe(std::function<void()> call) {
  const MutexLock lock(subscribers_mutex_);
  const std::uint64_t number = next_subscriber_++;
  subscribers_.emplace(number, std::move(call));
  return {nullptr, [this, number](void*) {
            const MutexLock end(subscribers_mutex_);
            subscribers_.erase(number);
          }};
}

void SchemaCache::tell_subscribers() {
  const MutexLock lock(subscribers_mutex_);
  for (const auto& [number, call] : subscribers_) call();
}

std::optional<decode::SchemaTrouble> SchemaCache::trouble() const {
  const MutexLock lock(mutex_);
  const bool refused = state_.reach == RegistryState::Reach::refused;
  if (!refused && state_.reach != RegistryState::Reach::away) return std::nullopt;
  return decode::SchemaTrouble{.refused = refused, .says = state_.last_problem};
}

RegistryState SchemaCache::state() const {
  const MutexLock lock(mutex_);
  RegistryState state = state_;
  state.schemas = table_.schemas();
  state.bytes = table_.bytes();
  state.waiting = table_.wanted();
  return state;
}

void SchemaCache::run() {
  while (const auto id = next_id()) settle(*id, fetcher_->fetch(*id));
}

std::optional<decode::SchemaId> SchemaCache::next_id() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    const auto due = table_.next();
    const TimePoint now = clock_.now();
    if (due && std::max(due->when, quiet_until_) <= now) return due->id;
    Duration pause = cache::kLook;
    if (due) pause = std::min(pause, std::max(due->when, quiet_until_) - now);
    const auto wanted = table_.wanted();
    work_.wait_for(lock, pause, [&]() LOOM_REQUIRES(mutex_) { return stopping_ || table_.wanted() != wanted; });
  }
  return std::nullopt;
}

void SchemaCache::settle(const decode::SchemaId& id, FetchedSchema fetched) {
  // Parsed before the lock is taken: nobody waits for it.
  ParsedSchema parsed;
  if (fetched.outcome == Outcome::ok) {
    parsed = parse_schema(fetched);
    if (!parsed.schema) parsed.problem = fmt::format("schema {} cannot be read: {}", id_text(id), parsed.problem);
  }
  bool settled = true;
  {
    const MutexLock lock(mutex_);
    if (stopping_) return;
    ++state_.requests.at(static_cast<std::size_t>(fetched.outcome));
    note_reach(fetched);
    if (fetched.outcome != Outcome::ok) state_.last_problem = fetched.problem;
    const TimePoint now = clock_.now();
    switch (fetched.outcome) {
      case Outcome::ok:
        if (parsed.schema) {
          table_.found(id, std::move(parsed.schema), cache::bytes_of(fetched));
        } else {
          log::warn({}, "{}", parsed.problem);
          state_.last_problem = parsed.problem;
          table_.wrong(id, std::move(parsed.problem), now);
        }
        break;
      case Outcome::unknown:
        settled = table_.unknown(id, fetched.problem, now);
        if (settled) log::warn({}, "{}", fetched.problem);
        break;
      case Outcome::unusable:
        log::warn({}, "{}", fetched.problem);
        table_.wrong(id, std::move(fetched.problem), now);
        break;
      case Outcome::refused:
      case Outcome::away:
        table_.postpone(id, now);
        settled = false;
        break;
    }
  }
  if (!settled) return;
  changed_.notify_all();
  tell_subscribers();
}

void SchemaCache::note_reach(const FetchedSchema& fetched) {
  const TimePoint now = clock_.now();
  const cache::Reach before = state_.reach;
  const cache::Reach reach = cache::reach_of(fetched.outcome);
  if (reach != before) {
    if (cache::is_outage(reach)) {
      if (!cache::is_outage(before)) outage_since_ = now;
      log::warn_at_once({}, "{}; messages whose schemas are not known yet wait", fetched.problem);
    } else if (cache::is_outage(before)) {
      log::info({}, "the schema registry answers again, after {:.1f} s", in_seconds(now - outage_since_));
    }
    state_.reach = reach;
    state_.since = now;
  }
  if (!cache::is_outage(reach)) {
    backoff_.reset();
    quiet_until_ = {};
    return;
  }
  quiet_until_ = now + std::max({backoff_.next(), retry_first_, Duration(fetched.retry_after)});
}

}  // namespace loom::registry
