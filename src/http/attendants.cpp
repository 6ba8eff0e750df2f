#include "http/attendants.h"

#include <system_error>
#include <utility>

namespace loom::http {

void Attendants::enqueue(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  pressure_.waiting.store(work_.size());
  if (idle_ < work_.size() && threads_.size() < most_) {
    try {
      threads_.emplace_back([this] { attend(); });
    } catch (const std::system_error&) {
      // No more threads to be had: those that are there will come to it. Without any the client waits for its own
      // timeout, and the next connection tries again.
    }
  }
  changed_.notify_one();
}

void Attendants::attend() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return finished_ || !work_.empty(); });
    --idle_;
    if (work_.empty()) return;
    const std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    pressure_.waiting.store(work_.size());
    lock.unlock();
    work();
    lock.lock();
  }
}

void Attendants::finish() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace loom::http
