// How batches go from thread to thread: a worker's mailbox, and the writers' pool up to where a writer has the batch.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/failpoints.h"
#include "batch/batch.h"
#include "measure.h"
#include "pipeline/mailbox.h"
#include "sink/writer_pool.h"

namespace {

using namespace std::chrono_literals;
using loom::batch::Batch;
using loom::batch::WriteReply;

// ---- Mailbox

/// Posted and collected by one thread: the lock and the vector.
void mailbox_post_and_collect(benchmark::State& state) {
  const auto letters = static_cast<std::size_t>(state.range(0));
  loom::pipeline::Mailbox<std::size_t> mailbox;
  std::vector<std::size_t> taken;
  bool right = true;
  const auto round = [&] {
    for (std::size_t i = 0; i < letters; ++i) mailbox.post(i);
    mailbox.collect(taken);
    right = right && taken.size() == letters && taken.back() == letters - 1;
  };
  for (int i = 0; i < 4; ++i) round();
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) round();
  measure.report(static_cast<std::size_t>(state.iterations()) * letters);
  if (!right) loom::benchmarks::fail(state, "letters were lost");
}
BENCHMARK(mailbox_post_and_collect)->ArgName("letters")->Arg(1)->Arg(64);

/// There and back again between two threads that sleep meanwhile: two wake-ups.
void mailbox_round_trip(benchmark::State& state) {
  constexpr std::int64_t kLast = -1;
  loom::pipeline::Mailbox<std::int64_t> there;
  loom::pipeline::Mailbox<std::int64_t> back;
  const auto wait = [](auto& mailbox, std::vector<std::int64_t>& letters) {
    do {
      mailbox.wait_until(std::chrono::steady_clock::now() + 1s);
      mailbox.collect(letters);
    } while (letters.empty());
    return letters.back();
  };
  std::thread echo([&] {
    std::vector<std::int64_t> letters;
    for (std::int64_t letter = 0; letter != kLast;) {
      letter = wait(there, letters);
      back.post(letter);
    }
  });
  std::vector<std::int64_t> letters;
  bool right = true;
  std::int64_t next = 0;
  const auto round = [&] {
    there.post(next);
    right = right && wait(back, letters) == next && letters.size() == 1;
    ++next;
  };
  for (int i = 0; i < 4; ++i) round();
  loom::benchmarks::Measure measure(state);
  for (auto _ : state) round();
  measure.report(static_cast<std::size_t>(state.iterations()));
  there.post(kLast);
  echo.join();
  if (!right) loom::benchmarks::fail(state, "an answer was not its question's");
}
BENCHMARK(mailbox_round_trip)->UseRealTime()->Unit(benchmark::kMicrosecond);

// ---- Writers' pool

/// A folder with the socket of a PostgreSQL that lets clients in and says nothing, until it is closed.
class SilentServer {
 public:
  SilentServer() {
    std::string pattern = (std::filesystem::temp_directory_path() / "loom-handover.XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ + "/.s.PGSQL.5432").copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const void* const generic = &address;
    listening_ = socket_ >= 0 && bind(socket_, static_cast<const sockaddr*>(generic), sizeof address) == 0 &&
                 listen(socket_, 16) == 0;
  }
  ~SilentServer() {
    close_door();
    std::filesystem::remove_all(folder_);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  void close_door() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] bool listening() const { return listening_; }
  [[nodiscard]] std::string url() const { return "host=" + folder_ + " port=5432 user=nobody dbname=none"; }

 private:
  std::string folder_;
  int socket_ = -1;
  bool listening_ = false;
};

loom::sink::DatabaseSettings settings(const std::string& url) {
  loom::sink::DatabaseSettings made;
  made.url = url;
  made.consumer_group = "benchmark";
  made.pool_min = 1;
  made.pool_max = 1;
  return made;
}

/// Where replies go: each batch is to come back once, and in order of submission.
struct Answers {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<std::unique_ptr<Batch>> batches;
  bool right = true;
  std::int64_t next = 0;
  std::int64_t numbered = 0;

  std::unique_ptr<Batch> take_batch() {
    auto batch = batches.empty() ? std::make_unique<Batch>() : std::move(batches.back());
    if (!batches.empty()) batches.pop_back();
    batch->replayed.assign(1, numbered++);
    return batch;
  }
  /// As the worker's: it holds the topic's name.
  loom::batch::Sink::Reply reply() {
    return [this, topic = std::string("device.sensor.accelerometer.raw")](WriteReply got) {
      const std::lock_guard lock(mutex);
      right = right && !topic.empty() && got.batch->replayed.front() == next++;
      batches.push_back(std::move(got.batch));
      arrived.notify_one();
    };
  }
  void await_all() {
    std::unique_lock lock(mutex);
    right = arrived.wait_for(lock, 60s, [this] { return next == numbered; }) && right;
  }
};

// Batches of 200 messages or more share what a submission allocates.
constexpr double kAllocationsPerBatch = 5;

/// All writers are busy: the batch queues up. Beyond the lock, what the reply's closure costs.
void pool_submit_all_writers_busy(benchmark::State& state) {
  SilentServer server;
  if (!server.listening()) return loom::benchmarks::fail(state, "no socket");
  loom::Failpoints failpoints;
  Answers answers;
  {
    loom::sink::WriterPool pool(settings(server.url()), failpoints);
    pool.submit(answers.take_batch(), answers.reply());  // keeps the only writer waiting for its server
    const auto count = static_cast<std::size_t>(state.max_iterations);
    std::vector<std::unique_ptr<Batch>> batches(count);
    for (auto& batch : batches) batch = answers.take_batch();
    std::size_t next = 0;
    loom::benchmarks::Measure measure(state, kAllocationsPerBatch);
    for (auto _ : state) pool.submit(std::move(batches[next++]), answers.reply());
    measure.report(next);
    if (pool.state().waiting != next) loom::benchmarks::fail(state, "not all batches were waiting");
    server.close_door();
    answers.await_all();
  }
  if (!answers.right) loom::benchmarks::fail(state, "a batch was lost, or answered twice");
}
BENCHMARK(pool_submit_all_writers_busy)->Iterations(2000);

/// What a worker pays for handing a batch to a writer that sleeps: with the wake-up, without what the writer does then.
void pool_submit_to_a_sleeping_writer(benchmark::State& state) {
  SilentServer server;
  server.close_door();  // the writer finds no server and answers at once
  loom::Failpoints failpoints;
  Answers answers;
  {
    loom::sink::WriterPool pool(settings(server.url()), failpoints);
    const auto round = [&] {
      auto batch = answers.take_batch();
      auto reply = answers.reply();
      const auto began = std::chrono::steady_clock::now();
      pool.submit(std::move(batch), std::move(reply));
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
      answers.await_all();
      while (pool.state().busy != 0) std::this_thread::yield();
      return taken.count();
    };
    for (int i = 0; i < 4; ++i) round();
    std::size_t batches = 0;
    for (auto _ : state) {
      state.SetIterationTime(round());
      ++batches;
    }
    state.counters["rows"] = benchmark::Counter(static_cast<double>(batches), benchmark::Counter::kIsRate);
  }
  if (!answers.right) loom::benchmarks::fail(state, "a batch was lost, or answered twice");
}
BENCHMARK(pool_submit_to_a_sleeping_writer)->UseManualTime()->Iterations(2000);

}  // namespace

// Each benchmark proves that nothing was lost.
int main(int argc, char** argv) {
  return loom::benchmarks::run(argc, argv, [] { return std::nullopt; });
}
