#include "source/fetch_waker.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "source/log_bounds.h"

namespace loom::source {

namespace {
constexpr std::chrono::milliseconds kPause{10};
constexpr std::chrono::milliseconds kAnswerWithin{1000};
}  // namespace

FetchWaker::FetchWaker(rd_kafka_t* client) : client_(client), thread_([this] { run(); }) {}

FetchWaker::~FetchWaker() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void FetchWaker::wake(const std::string& topic, std::int32_t partition) {
  {
    const MutexLock lock(mutex_);
    if (!topic_.empty()) return;  // a question is on its way already, and most clusters have few brokers
    topic_ = topic;
    partition_ = partition;
  }
  changed_.notify_one();
}

void FetchWaker::run() {
  pthread_setname_np(pthread_self(), "fetch-waker");
  MutexLock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this]() LOOM_REQUIRES(mutex_) { return stopping_ || !topic_.empty(); });
    if (stopping_) return;
    const std::string topic = topic_;
    const std::int32_t partition = partition_;
    lock.unlock();
    ask_log_bounds(client_, {{topic, partition}}, LogBound::end, kAnswerWithin);
    lock.lock();
    changed_.wait_for(lock, kPause, [this]() LOOM_REQUIRES(mutex_) { return stopping_; });
    topic_.clear();
  }
}

}  // namespace loom::source
