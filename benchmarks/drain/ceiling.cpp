#include "ceiling.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <latch>
#include <thread>

#include "base/mutex.h"
#include "database.h"
#include "machine.h"
#include "text/progress_bar.h"

namespace loom::bench {
namespace {

constexpr std::array<int, 3> kConnections{1, 2, 4};
constexpr std::array<std::size_t, 3> kRowsEach{1'000, 5'000, 20'000};

/// The writers of one run: each takes the next piece that nobody has.
class Writers {
 public:
  explicit Writers(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  /// Seconds from the first COPY to the last commit.
  double run(std::vector<Database>& connections) {
    std::latch ready(static_cast<std::ptrdiff_t>(connections.size()) + 1);
    std::vector<std::thread> threads;
    threads.reserve(connections.size());
    for (Database& connection : connections) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        write(connection);
      });
    }
    ready.arrive_and_wait();
    const auto started = std::chrono::steady_clock::now();
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    const MutexLock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return taken.count();
  }

 private:
  void write(Database& connection) {
    try {
      for (std::size_t i = next_++; i < pieces_.size(); i = next_++) {
        connection.copy(*pieces_[i].statement, pieces_[i].rows);
      }
    } catch (...) {
      const MutexLock lock(mutex_);
      failure_ = std::current_exception();
    }
  }

  // Constant after construction
  const std::vector<Piece> pieces_;

  std::atomic<std::size_t> next_{0};
  Mutex mutex_;
  std::exception_ptr failure_ LOOM_GUARDED_BY(mutex_);
};

double postgres_cpu(const Options& options) { return options.postgres_pid == 0 ? 0 : family_cpu(options.postgres_pid); }

}  // namespace

CeilingRun write_prepared(const Options& options, const PreparedRows& rows, int connections, std::size_t rows_each) {
  std::vector<Database> opened;
  for (int i = 0; i < connections; ++i) {
    opened.emplace_back(options.way_to_database);
    opened.back().execute("SET synchronous_commit = off");
  }
  for (const Target& target : options.targets) opened.front().execute("TRUNCATE " + target.ceiling);
  opened.front().execute("CHECKPOINT");
  Writers writers(rows.pieces(rows_each));
  CeilingRun run{.connections = connections, .rows_each = rows_each};
  run.sender_cpu = -process_cpu(getpid());
  run.postgres_cpu = -postgres_cpu(options);
  const MachineCpu before = machine_cpu();
  run.seconds = writers.run(opened);
  run.rows_per_second = static_cast<double>(rows.rows()) / run.seconds;
  const MachineCpu after = machine_cpu();
  run.sender_cpu += process_cpu(getpid());
  run.postgres_cpu += postgres_cpu(options);
  const double others = after.busy - before.busy - run.sender_cpu - run.postgres_cpu;
  run.others_share = std::max(0.0, others) / (after.all() - before.all());
  return run;
}

const CeilingRun& best_of(const std::vector<CeilingRun>& runs) {
  return *std::max_element(runs.begin(), runs.end(),
                           [](const auto& a, const auto& b) { return a.rows_per_second < b.rows_per_second; });
}

std::vector<CeilingRun> measure_ceiling(const Options& options, const PreparedRows& rows) {
  text::ProgressBar bar(stderr, "writing the ceiling", kConnections.size() * kRowsEach.size());
  std::vector<CeilingRun> runs;
  for (const int connections : kConnections) {
    for (const std::size_t rows_each : kRowsEach) {
      runs.push_back(write_prepared(options, rows, connections, rows_each));
      bar.update(runs.size());
    }
  }
  return runs;
}

}  // namespace loom::bench
