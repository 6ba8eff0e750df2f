#include "status/health.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "admin/kafka_ping.h"
#include "base/mutex.h"
#include "settings/database_url.h"
#include "sink/connection.h"

namespace loom::status {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kEvery = seconds(1);
constexpr auto kPatience = milliseconds(2000);
// Whatever a question hangs in (a name server, say): no answer for so long is an answer. It leaves a healthy server
// that has just been asked in vain once the time to answer again.
constexpr auto kSilent = milliseconds(4500);

/// Asks once a second on a thread of its own, and remembers since when the answer has been what it is.
class Prober {
 public:
  /// `ask` gives nothing when the server answered, else why it did not.
  Prober(const Clock& clock, std::function<std::string()> ask)
      : clock_(clock), ask_(std::move(ask)), since_(clock.now()), answered_(since_), thread_([this] { run(); }) {}

  ~Prober() {
    stop();
    thread_.join();
  }
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  void stop() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    stop_asked_.notify_all();
  }

  [[nodiscard]] Reachable state() const {
    const TimePoint now = clock_.now();
    const MutexLock lock(mutex_);
    if (up_ && now - answered_ > kSilent) return {false, "no answer for some seconds", in_seconds(now - answered_)};
    return {up_, error_, in_seconds(now - since_)};
  }

 private:
  void run() {
    MutexLock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      const TimePoint began = clock_.now();
      std::string error = ask_();
      const TimePoint now = clock_.now();
      lock.lock();
      put(now, std::move(error));
      stop_asked_.wait_for(lock, kEvery - std::min<Duration>(kEvery, now - began),
                           [this]() LOOM_REQUIRES(mutex_) { return stopping_; });
    }
  }

  void put(TimePoint now, std::string error) LOOM_REQUIRES(mutex_) {
    const bool up = error.empty();
    if (up != up_) since_ = now;
    if (up) answered_ = now;
    up_ = up;
    error_ = std::move(error);
  }

  const Clock& clock_;
  const std::function<std::string()> ask_;
  mutable Mutex mutex_;
  CondVar stop_asked_;
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  bool up_ LOOM_GUARDED_BY(mutex_) = false;
  std::string error_ LOOM_GUARDED_BY(mutex_) = "not asked yet";
  TimePoint since_ LOOM_GUARDED_BY(mutex_);
  TimePoint answered_ LOOM_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses all of the above
};

/// A descriptor that becomes readable when everything shall end.
class StopSignal {
 public:
  StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::runtime_error("no descriptor to be had for the health probe");
  }
  ~StopSignal() { ::close(fd_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise() const { eventfd_write(fd_, 1); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

/// libpq's messages have several lines, indented.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

class DatabaseQuestion {
 public:
  DatabaseQuestion(const std::string& url, int stop_fd)
      : options_{.url = url,
                 .application_name = "kafka-to-db-consumer",
                 .connect_timeout = std::chrono::seconds(2),
                 .silence = kPatience,
                 .stop_fd = stop_fd} {}

  std::string ask() {
    const auto began = std::chrono::steady_clock::now();
    const bool had_one = connection_ != nullptr;
    std::string error = ask_once();
    // A connection may end without the server's end: an administrator's or a proxy's doing. Silence is another matter.
    const bool at_once = std::chrono::steady_clock::now() - began < kPatience / 2;
    if (!error.empty() && had_one && at_once) error = ask_once();
    return one_line(error);
  }

 private:
  std::string ask_once() {
    std::string error;
    if (connection_ == nullptr) connection_ = sink::Connection::open(options_, error);
    if (connection_ == nullptr) return error.empty() ? "no connection" : error;
    const sink::Result answer = connection_->execute("SELECT 1");
    if (answer.kind() == sink::Result::Kind::tuples) return {};
    error = answer.error().text();
    connection_.reset();
    return error.empty() ? "no answer" : error;
  }

  const sink::Connection::Options options_;
  std::unique_ptr<sink::Connection> connection_;
};

class KafkaQuestion {
 public:
  explicit KafkaQuestion(const ProbeSettings& settings) : settings_(settings) {}

  std::string ask() {
    try {
      if (!ping_) ping_ = std::make_unique<admin::KafkaPing>(settings_.bootstrap_servers, settings_.rdkafka, kPatience);
      return ping_->ask();
    } catch (const std::exception& failure) {
      return failure.what();
    }
  }

 private:
  const ProbeSettings settings_;
  std::unique_ptr<admin::KafkaPing> ping_;
};

}  // namespace

struct HealthProbe::Impl {
  Impl(const ProbeSettings& settings, const Clock& clock)
      : database_question(settings.database_url, stop_signal.fd()),
        kafka_question(settings),
        database(clock, [this] { return database_question.ask(); }),
        kafka(clock, [this] { return kafka_question.ask(); }) {}
  ~Impl() {
    stop_signal.raise();
    database.stop();
    kafka.stop();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  StopSignal stop_signal;
  DatabaseQuestion database_question;
  KafkaQuestion kafka_question;
  Prober database;
  Prober kafka;
};

HealthProbe::HealthProbe(const ProbeSettings& settings, const Clock& clock)
    : impl_(std::make_unique<Impl>(settings, clock)) {}
HealthProbe::~HealthProbe() = default;
Health HealthProbe::health() const { return {impl_->database.state(), impl_->kafka.state()}; }

}  // namespace loom::status
