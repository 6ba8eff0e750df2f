#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace loom::http {

/// Whether the connections in hand should make room. Threads: any.
struct Pressure {
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> waiting{0};  ///< connections that no thread has taken yet
};

/// The threads that attend to connections, one each, made when they are needed and kept.
/// Threads: enqueue() from any; finish() once, by the owner.
/// Blocks:  finish(), until all that was enqueued is done.
class Attendants {
 public:
  Attendants(std::size_t most, Pressure& pressure) : most_(most), pressure_(pressure) {}
  ~Attendants() { finish(); }
  Attendants(const Attendants&) = delete;
  Attendants& operator=(const Attendants&) = delete;

  void enqueue(std::function<void()> work);
  void finish();

 private:
  void attend();

  const std::size_t most_;
  Pressure& pressure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;  // guarded by mutex_, as all below
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool finished_ = false;
};

}  // namespace loom::http
