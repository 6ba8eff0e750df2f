#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/failpoints.h"
#include "batch/sink.h"
#include "sink/settings.h"

namespace loom::sink {

/// What the pool is doing now, for status and metrics.
struct PoolState {
  std::size_t connections = 0;
  std::size_t busy = 0;
  std::size_t waiting = 0;  ///< batches that wait for a connection
  std::size_t minimum = 0;
  std::size_t maximum = 0;
};

/// The writers: each a thread with a connection of its own, between pool_min and pool_max of them. They open when
/// there is work for them and close after idling above the minimum; the one that worked last works next, so that few
/// backends stay warm. A batch is attempted once per submit (optimistic COPY, then merge or split on the same
/// connection as its error asks); waiting and trying again is the worker's business.
/// Threads: submit(), state() and resize() from any thread.
/// Owns:    the connections and their threads.
/// Blocks:  the destructor: it lets writers finish the batch in hand for up to 4 s, then cancels their statements, and
///          drops the connections that are still busy after 5 s; batches never started are answered with
///          OutcomeKind::retry.
class WriterPool final : public batch::Sink {
 public:
  WriterPool(DatabaseSettings settings, Failpoints& failpoints);
  ~WriterPool() override;

  void submit(std::unique_ptr<batch::Batch> batch, Reply reply) override;
  /// Puts its rows in order.
  void prepare(batch::Batch& batch) const override;
  [[nodiscard]] PoolState state() const;
  /// Other bounds from now on. Connections above a smaller maximum close when their batch is done.
  void resize(std::size_t pool_min, std::size_t pool_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::sink
