#include "sink/writer_pool.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "sink/batch_writer.h"
#include "sink/connection.h"
#include "sink/key_order.h"
#include "sink/sqlstate.h"

namespace loom::sink {
namespace {

using namespace std::chrono_literals;
using batch::Batch;
using batch::Outcome;
using batch::OutcomeKind;

constexpr auto kFinishWithin = 4s;      // then the batches in hand are cancelled,
constexpr auto kCancelWithin = 1s;      // and then their connections are dropped
constexpr auto kBeyondStatement = 15s;  // a server that outlives its own statement timeout by this is not there

/// Readable once signalled, for poll().
class StopSignal {
 public:
  StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~StopSignal() { close(fd_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  void signal() const { eventfd_write(fd_, 1); }

 private:
  int fd_;
};

struct Task {
  std::unique_ptr<Batch> batch;
  batch::Sink::Reply reply;
  TimePoint submitted = std::chrono::steady_clock::now();
};

}  // namespace

/// A writer's thread does the task that it was handed; else the first one that waits for a writer; else it sleeps,
/// last in the list of idle writers, until it is handed a task or has idled too long.
/// Lock order: mutex alone; no callback and no database call is made under it.
struct WriterPool::Impl {
  struct Writer {
    std::thread thread;
    CondVar wake;
    // Guarded by Impl::mutex, which the analysis cannot be told about another object:
    Task hand;
    bool connected = false;
    std::shared_ptr<const Canceller> canceller;  // while there is something to cancel
    // The writer's own:
    std::unique_ptr<Connection> connection;
  };

  Impl(DatabaseSettings given, Failpoints& points) : settings(std::move(given)), failpoints(points) {
    resize(settings.pool_min, settings.pool_max);
  }

  // Constant after construction:
  DatabaseSettings settings;
  Failpoints& failpoints;
  // Own synchronisation:
  KeyMemory memory;
  StopSignal stop_signal;
  mutable Mutex mutex;
  CondVar writer_gone;
  std::vector<std::unique_ptr<Writer>> writers LOOM_GUARDED_BY(mutex);
  /// Their threads have ended, or are about to: to be joined.
  std::vector<std::unique_ptr<Writer>> gone LOOM_GUARDED_BY(mutex);
  std::vector<Writer*> idle LOOM_GUARDED_BY(mutex);  // the last one worked last
  std::deque<Task> waiting LOOM_GUARDED_BY(mutex);
  std::size_t pool_min LOOM_GUARDED_BY(mutex) = 0;
  std::size_t pool_max LOOM_GUARDED_BY(mutex) = 1;
  std::size_t busy LOOM_GUARDED_BY(mutex) = 0;
  std::size_t started LOOM_GUARDED_BY(mutex) = 0;
  bool stopping LOOM_GUARDED_BY(mutex) = false;

  void resize(std::size_t least, std::size_t most);
  void submit(Task task);
  void add_writer(Task task) LOOM_REQUIRES(mutex);
  void run(Writer& writer);
  bool take(MutexLock& lock, Writer& writer, Task& task) LOOM_REQUIRES(mutex);
  void retire(Writer& writer) LOOM_REQUIRES(mutex);
  Outcome attempt(Writer& writer, const Task& task);
  bool connect(Writer& writer, DatabaseError& refused);
  void stop();
};

void WriterPool::Impl::resize(std::size_t least, std::size_t most) {
  std::vector<std::unique_ptr<Writer>> ended;
  {
    const MutexLock lock(mutex);
    ended.swap(gone);
    pool_max = std::max<std::size_t>(most, 1);
    pool_min = std::min(least, pool_max);
    while (!waiting.empty() && writers.size() < pool_max && !stopping) {
      Task task = std::move(waiting.front());
      waiting.pop_front();
      add_writer(std::move(task));
    }
    for (Writer* writer : idle) writer->wake.notify_one();
  }
  for (auto& writer : ended) writer->thread.join();
}

void WriterPool::Impl::submit(Task task) {
  std::vector<std::unique_ptr<Writer>> ended;
  {
    const MutexLock lock(mutex);
    ended.swap(gone);
    if (!idle.empty()) {
      Writer& writer = *idle.back();
      idle.pop_back();
      writer.hand = std::move(task);
      writer.wake.notify_one();
    } else if (writers.size() < pool_max && !stopping) {
      add_writer(std::move(task));
    } else {
      waiting.push_back(std::move(task));
    }
  }
  for (auto& writer : ended) writer->thread.join();
}

void WriterPool::Impl::add_writer(Task task) {
  auto writer = std::make_unique<Writer>();
  Writer& self = *writer;
  self.hand = std::move(task);
  writers.push_back(std::move(writer));
  self.thread = std::thread([this, &self] { run(self); });
  const std::string name = "writer-" + std::to_string(++started % 100'000);
  pthread_setname_np(self.thread.native_handle(), name.c_str());
}

// False: nothing to do, and the writer is to go.
bool WriterPool::Impl::take(MutexLock& lock, Writer& writer, Task& task) {
  const auto too_many = [&]() LOOM_REQUIRES(mutex) { return writers.size() > pool_max; };
  if (writer.hand.batch == nullptr && too_many()) return false;
  if (writer.hand.batch == nullptr && !waiting.empty()) {
    writer.hand = std::move(waiting.front());
    waiting.pop_front();
  }
  if (writer.hand.batch == nullptr && !stopping) {
    // The last one in the list works next: one without a connection must not stand behind those that have one.
    if (writer.connected) {
      idle.push_back(&writer);
    } else {
      idle.insert(idle.begin(), &writer);
    }
    const auto idle_close = std::max<std::chrono::milliseconds>(settings.idle_close, 10ms);
    const auto called = [&]() LOOM_REQUIRES(mutex) { return writer.hand.batch != nullptr || stopping || too_many(); };
    while (!writer.wake.wait_for(lock, idle_close, called)) {
      if (writers.size() > pool_min) break;
    }
    std::erase(idle, &writer);
  }
  if (writer.hand.batch == nullptr) return false;
  task = std::exchange(writer.hand, {});
  return true;
}

void WriterPool::Impl::retire(Writer& writer) {
  const auto self = std::find_if(writers.begin(), writers.end(), [&](const auto& w) { return w.get() == &writer; });
  gone.push_back(std::move(*self));
  writers.erase(self);
  writer_gone.notify_all();
}

void WriterPool::Impl::run(Writer& writer) {
  MutexLock lock(mutex);
  Task task;
  while (take(lock, writer, task)) {
    ++busy;
    lock.unlock();
    Outcome outcome = attempt(writer, task);
    if (outcome.kind == OutcomeKind::committed) failpoints.reach(Failpoint::committed);
    task.reply({std::move(task.batch), std::move(outcome)});
    task = {};
    lock.lock();
    writer.connected = writer.connection != nullptr;
    --busy;
  }
  writer.connection.reset();
  retire(writer);
}

bool WriterPool::Impl::connect(Writer& writer, DatabaseError& refused) {
  if (writer.connection != nullptr && !writer.connection->probe_lost()) return true;
  Connection::Options options;
  options.url = settings.url;
  options.application_name = settings.application_name;
  options.silence = settings.statement_timeout + kBeyondStatement;
  options.stop_fd = stop_signal.fd();
  writer.connection = Connection::open(options, refused);
  return writer.connection != nullptr;
}

Outcome WriterPool::Impl::attempt(Writer& writer, const Task& task) {
  DatabaseError refused;
  if (!connect(writer, refused)) {
    return Outcome::not_now("no connection to the database: " + refused.message, cause_of_refusal(refused),
                            refused.sqlstate);
  }
  const auto set_canceller = [&](std::shared_ptr<const Canceller> canceller) {
    const MutexLock lock(mutex);
    writer.canceller = std::move(canceller);
  };
  set_canceller(writer.connection->canceller());
  Outcome outcome;
  const TimePoint began = std::chrono::steady_clock::now();
  try {
    outcome = write_batch(settings, *writer.connection, *task.batch, failpoints, memory);
  } catch (const std::exception& failure) {
    // Only out of memory gets here. What the server has seen of it is not known.
    writer.connection.reset();
    outcome = Outcome::not_now(failure.what());
    outcome.in_doubt = true;
  }
  outcome.timings.queued = began - task.submitted;
  outcome.timings.copy = std::chrono::steady_clock::now() - began - outcome.timings.commit;
  set_canceller(nullptr);
  // A session keeps the default_transaction_read_only that it logged in with, and a standby's knows no promotion.
  const bool outdated = outcome.cause == batch::Cause::read_only;
  if (writer.connection != nullptr && (outdated || writer.connection->lost())) writer.connection.reset();
  return outcome;
}

void WriterPool::Impl::stop() {
  std::deque<Task> never_started;
  std::vector<std::unique_ptr<Writer>> ended;
  {
    MutexLock lock(mutex);
    stopping = true;
    never_started.swap(waiting);
    for (Writer* writer : idle) writer->wake.notify_one();
  }
  for (Task& task : never_started) task.reply({std::move(task.batch), Outcome::not_now("the service stops")});
  {
    MutexLock lock(mutex);
    const auto all_gone = [&]() LOOM_REQUIRES(mutex) { return writers.empty(); };
    if (!writer_gone.wait_for(lock, kFinishWithin, all_gone)) {
      std::vector<std::shared_ptr<const Canceller>> cancellers;
      for (const auto& writer : writers) {
        if (writer->canceller != nullptr) cancellers.push_back(writer->canceller);
      }
      // Detached, since the request may hang on a dead network: it owns all that it uses, and ends with the process.
      std::thread([cancellers = std::move(cancellers)] {
        for (const auto& canceller : cancellers) canceller->cancel();
      }).detach();
      if (!writer_gone.wait_for(lock, kCancelWithin, all_gone)) stop_signal.signal();
      writer_gone.wait(lock, all_gone);
    }
    ended.swap(gone);
  }
  for (auto& writer : ended) writer->thread.join();
}

WriterPool::WriterPool(DatabaseSettings settings, Failpoints& failpoints)
    : impl_(std::make_unique<Impl>(std::move(settings), failpoints)) {}
WriterPool::~WriterPool() { impl_->stop(); }

void WriterPool::submit(std::unique_ptr<Batch> batch, Reply reply) {
  impl_->submit({.batch = std::move(batch), .reply = std::move(reply)});
}

void WriterPool::prepare(Batch& batch) const { order_rows(*batch.plan, batch.rows, impl_->memory); }

void WriterPool::resize(std::size_t pool_min, std::size_t pool_max) { impl_->resize(pool_min, pool_max); }

PoolState WriterPool::state() const {
  const MutexLock lock(impl_->mutex);
  const auto connected =
      std::count_if(impl_->writers.begin(), impl_->writers.end(), [](const auto& writer) { return writer->connected; });
  return {.connections = static_cast<std::size_t>(connected),
          .busy = impl_->busy,
          .waiting = impl_->waiting.size(),
          .minimum = impl_->pool_min,
          .maximum = impl_->pool_max};
}

}  // namespace loom::sink
