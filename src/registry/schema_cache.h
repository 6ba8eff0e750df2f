#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "decode/schema_source.h"
#include "registry/registry_client.h"
#include "registry/schema_table.h"

namespace loom::registry {

/// How the registry is, for people and metrics.
struct RegistryState {
  enum class Reach : std::uint8_t {
    unasked,    ///< nobody has wanted a schema yet
    reachable,  ///< it answered last time
    away,
    refused
  };
  Reach reach = Reach::unasked;
  TimePoint since{};         ///< since when that is so
  std::string last_problem;  ///< of the last request that failed; stays when the registry answers again

  /// Requests for a schema by what came of them, in the order of Outcome.
  std::array<std::uint64_t, kOutcomes> requests{};
  [[nodiscard]] std::uint64_t requests_of(Outcome outcome) const {
    return requests.at(static_cast<std::size_t>(outcome));
  }
  std::size_t schemas = 0;  ///< cached
  std::size_t bytes = 0;    ///< of their texts
  std::size_t waiting = 0;  ///< ids that are wanted
};

struct SchemaCacheSettings {
  SchemaTableLimits limits{};
  Duration retry_first = std::chrono::milliseconds(200);  ///< the shortest wait while the registry is away
  Duration retry_cap = std::chrono::seconds(3);           ///< the longest, but for what the registry asks for
  std::uint64_t seed = 1;                                 ///< of the waits' lengths
};

/// Schemas by their ids, kept in memory and fetched from a registry by a thread of its own, one after the other:
/// take the wanted id that waits longest -> fetch -> parse -> keep -> wake those that wait. While the registry is away
/// or refuses the login one id is tried again and again, ever less often, and all of them stay wanted.
/// Threads: any.
/// Owns:    the fetcher, the schemas (shared with who uses them), one thread.
/// Blocks:  find() and state() never; wait() as asked; the destructor until the request that runs has been given up,
///          about a second.
/// Fails:   never but for memory; see SchemaAnswer and RegistryState.
class SchemaCache final : public decode::SchemaSource {
 public:
  /// `clock` outlives it.
  SchemaCache(std::unique_ptr<SchemaFetcher> fetcher, const Clock& clock, SchemaCacheSettings settings = {});
  ~SchemaCache() override;
  SchemaCache(const SchemaCache&) = delete;
  SchemaCache& operator=(const SchemaCache&) = delete;

  decode::SchemaAnswer find(const decode::SchemaId& id) override;
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override;

  /// Asks for them; returns as soon as each is known or has a problem: true. False: the time is over.
  bool wait(std::span<const decode::SchemaId> ids, std::chrono::milliseconds timeout);

  /// Ends with its last copy; after that `call` does not run any more. The cache has to outlive it.
  using Subscription = std::shared_ptr<void>;
  /// `call` runs on the cache's thread whenever an id that was wanted became known or has a problem. It must be short,
  /// and must neither subscribe nor end a subscription.
  [[nodiscard]] Subscription subscribe(std::function<void()> call);

  [[nodiscard]] RegistryState state() const;

 private:
  void run();
  /// Until there is something to ask for, and the time for it has come. Nothing: the end.
  std::optional<decode::SchemaId> next_id();
  void settle(const decode::SchemaId& id, FetchedSchema fetched);
  void note_reach(const FetchedSchema& fetched) LOOM_REQUIRES(mutex_);
  void tell_subscribers();

  // Constant after construction
  const std::unique_ptr<SchemaFetcher> fetcher_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar work_;     ///< for the thread: an id is wanted that was not, or the end
  CondVar changed_;  ///< for wait(): an id has been settled
  SchemaTable table_ LOOM_GUARDED_BY(mutex_);
  RegistryState state_ LOOM_GUARDED_BY(mutex_);
  TimePoint outage_since_ LOOM_GUARDED_BY(mutex_){};  ///< of one that may be away first and refused then
  Backoff backoff_ LOOM_GUARDED_BY(mutex_);
  const Duration retry_first_;
  TimePoint quiet_until_ LOOM_GUARDED_BY(mutex_){};
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;

  Mutex subscribers_mutex_;  ///< held while they are called; never together with mutex_
  std::map<std::uint64_t, std::function<void()>> subscribers_ LOOM_GUARDED_BY(subscribers_mutex_);
  std::uint64_t next_subscriber_ LOOM_GUARDED_BY(subscribers_mutex_) = 0;

  std::thread thread_;
};

/// `reachable`, `away`, ...
std::string_view to_string(RegistryState::Reach reach);

}  // namespace loom::registry
