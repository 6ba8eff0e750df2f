#pragma once

#include <functional>
#include <memory>

#include "batch/batch.h"
#include "batch/outcome.h"

namespace loom::batch {

/// Takes batches and answers each exactly once: with what became of it and with the batch itself, which may have
/// gained rejected messages (bad rows found by the database) when it was committed.
struct WriteReply {
  std::unique_ptr<Batch> batch;
  Outcome outcome;
};

/// Where batches go. The product's is sink::WriterPool; a simulation has its own.
/// Threads: submit() from any thread; `reply` is called once, on a thread of the sink's, and must not block.
/// Blocks:  submit() does not: work queues up inside. A worker has at most one batch per topic in here.
class Sink {
 public:
  using Reply = std::function<void(WriteReply)>;
  virtual ~Sink() = default;
  virtual void submit(std::unique_ptr<Batch> batch, Reply reply) = 0;

  /// Does beforehand what submit() would have to do with the batch before it can be sent. Whoever fills it may call
  /// this when it is full and has to wait; only time is gained by it. May be called again.
  virtual void prepare(Batch& /*batch*/) const {}
};

}  // namespace loom::batch
