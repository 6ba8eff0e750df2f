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
#include "sink/sqlstate.h"

namespace loom::status {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kEvery = seconds(1);
constexpr auto kPatience = milliseconds(2000);
// Whatever a question hangs in (a name server, say): no answer for so long is an answer. It leaves a healthy server
// that has just been asked in vain once the time to answer again.
constexpr auto kSilent = milliseconds(4500);

/// What came of a question.
struct Answer {
  bool up = true;
  batch::Cause cause = batch::Cause::none;
  std::string says{};  ///< why it is not up, or what is wrong all the same

  static Answer away(std::string why) { return {false, batch::Cause::away, std::move(why)}; }
};

/// Asks once a second on a thread of its own, and remembers since when the answer has been what it is.
class Prober {
 public:
  Prober(const Clock& clock, std::function<Answer()> ask)
      : clock_(clock), ask_(std::move(ask)), since_(clock.now()), caused_(since_), answered_(since_), thread_([this] {
          run();
        }) {}

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
    if (last_.up && now - answered_ > kSilent) {
      const std::string silent = "no answer for some seconds";
      const double lasts = in_seconds(now - answered_);
      return {false, silent, lasts, {batch::Cause::away, silent, lasts}};
    }
    return {last_.up,
            last_.up ? std::string() : last_.says,
            in_seconds(now - since_),
            {last_.cause, last_.says, in_seconds(now - caused_)}};
  }

 private:
  void run() {
    MutexLock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      const TimePoint began = clock_.now();
      Answer answer = ask_();
      const TimePoint now = clock_.now();
      lock.lock();
      put(now, std::move(answer));
      stop_asked_.wait_for(lock, kEvery - std::min<Duration>(kEvery, now - began),
                           [this]() LOOM_REQUIRES(mutex_) { return stopping_; });
    }
  }

  void put(TimePoint now, Answer answer) LOOM_REQUIRES(mutex_) {
    if (answer.up != last_.up) since_ = now;
    if (answer.cause != last_.cause) caused_ = now;
    if (answer.up) answered_ = now;
    last_ = std::move(answer);
  }

  const Clock& clock_;
  const std::function<Answer()> ask_;
  mutable Mutex mutex_;
  CondVar stop_asked_;
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  Answer last_ LOOM_GUARDED_BY(mutex_){false, batch::Cause::none, "not asked yet"};
  TimePoint since_ LOOM_GUARDED_BY(mutex_);   // it has been up, or not
  TimePoint caused_ LOOM_GUARDED_BY(mutex_);  // it has had this cause
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

  Answer ask() {
    const auto began = std::chrono::steady_clock::now();
    const bool had_one = connection_ != nullptr;
    Answer answer = ask_once();
    // A connection may end without the server's end: an administrator's or a proxy's doing. Silence is another matter.
    const bool at_once = std::chrono::steady_clock::now() - began < kPatience / 2;
    if (!answer.up && had_one && at_once) answer = ask_once();
    answer.says = one_line(answer.says);
    return answer;
  }

 private:
  Answer ask_once() {
    if (connection_ == nullptr) {
      sink::DatabaseError refused;
      connection_ = sink::Connection::open(options_, refused);
      if (connection_ == nullptr) {
        return {false, sink::cause_of_refusal(refused), refused.message.empty() ? "no connection" : refused.message};
      }
    }
    // The comment is for Pgpool-II, which would ask a standby otherwise.
    const sink::Result answer = connection_->execute(
        "/*NO LOAD BALANCE*/ SELECT current_setting('transaction_read_only'), pg_is_in_recovery()");
    if (answer.kind() == sink::Result::Kind::tuples && answer.rows() == 1) {
      Answer writes = takes_writes(answer);
      // A session keeps the default_transaction_read_only that it logged in with: the next one may have another.
      if (writes.cause != batch::Cause::none) connection_.reset();
      return writes;
    }
    const std::string error = answer.error().text();
    const batch::Cause cause = sink::cause_of(answer.error());
    connection_.reset();
    return {false, cause, error.empty() ? "no answer" : error};
  }

  static Answer takes_writes(const sink::Result& answer) {
    if (answer.text(0, 0) != "on") return {};
    return {true, batch::Cause::read_only,
            answer.text(0, 1) == "t" ? "the server is a standby and takes no writes"
                                     : "default_transaction_read_only is on, for the server, the database or the role"};
  }

  const sink::Connection::Options options_;
  std::unique_ptr<sink::Connection> connection_;
};

class KafkaQuestion {
 public:
  explicit KafkaQuestion(const ProbeSettings& settings) : settings_(settings) {}

  Answer ask() {
    try {
      if (!ping_) ping_ = std::make_unique<admin::KafkaPing>(settings_.bootstrap_servers, settings_.rdkafka, kPatience);
      std::string why = ping_->ask();
      return why.empty() ? Answer{} : Answer::away(std::move(why));
    } catch (const std::exception& failure) {
      return Answer::away(failure.what());
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
