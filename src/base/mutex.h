#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// What clang's thread-safety analysis reads (scripts/checks.sh thread-safety), and no other compiler.
#if defined(__clang__)
#define LOOM_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define LOOM_THREAD_ANNOTATION(x)
#endif

/// Behind a member: read and written under this mutex only.
#define LOOM_GUARDED_BY(mutex) LOOM_THREAD_ANNOTATION(guarded_by(mutex))
/// Behind a function, or behind the parameters of a lambda: who calls it holds the mutex.
#define LOOM_REQUIRES(mutex) LOOM_THREAD_ANNOTATION(requires_capability(mutex))

namespace loom {

/// std::mutex with a name for the analysis. Members that it guards say so with LOOM_GUARDED_BY.
/// Threads: any.
class LOOM_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a mutex while it lives, but for the time between unlock() and lock().
/// Threads: the one that made it.
class LOOM_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) LOOM_THREAD_ANNOTATION(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() LOOM_THREAD_ANNOTATION(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() LOOM_THREAD_ANNOTATION(release_capability()) { lock_.unlock(); }
  void lock() LOOM_THREAD_ANNOTATION(acquire_capability()) { lock_.lock(); }

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

/// std::condition_variable for a MutexLock. A condition is a lambda of its own for the analysis, and says what it
/// needs:
///
///   changed_.wait(lock, [&]() LOOM_REQUIRES(mutex_) { return stopping_; });
///
/// Threads: any.
/// Blocks:  wait() and those like it, with the lock given back meanwhile.
class CondVar {
 public:
  void notify_one() { changed_.notify_one(); }
  void notify_all() { changed_.notify_all(); }

  template <typename Condition>
  void wait(MutexLock& lock, Condition condition) {
    changed_.wait(lock.lock_, condition);
  }
  /// False: the time is over and the condition still false.
  template <typename Rep, typename Period, typename Condition>
  bool wait_for(MutexLock& lock, const std::chrono::duration<Rep, Period>& time, Condition condition) {
    return changed_.wait_for(lock.lock_, time, condition);
  }
  template <typename Clock, typename Duration, typename Condition>
  bool wait_until(MutexLock& lock, const std::chrono::time_point<Clock, Duration>& time, Condition condition) {
    return changed_.wait_until(lock.lock_, time, condition);
  }

 private:
  std::condition_variable changed_;
};

}  // namespace loom
