#include "lag/lease.h"

#include <fmt/format.h>

#include <utility>

#include "sink/sqlstate.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 3s;
constexpr std::string_view kSettings = "SET LOCAL statement_timeout = 2000; SET LOCAL synchronous_commit = off; ";

}  // namespace

Lease::Lease(std::string url, std::string group, std::string reporter, std::chrono::milliseconds length)
    : url_(std::move(url)), group_(std::move(group)), reporter_(std::move(reporter)), length_(length) {}

/// The answer to a query that has a row when it is ours.
template <typename MakeSql>
Lease::Answer Lease::ask(const MakeSql& make_sql) {
  why_.clear();
  for (int attempt = 0;; ++attempt) {
    if (connection_ == nullptr || connection_->probe_lost()) {
      connection_ =
          sink::Connection::open({.url = url_, .application_name = "kafka-to-db-consumer", .silence = kSilence}, why_);
      if (connection_ == nullptr) return Answer::none;
    }
    const sink::Result result = connection_->execute(std::string(kSettings) + make_sql(*connection_));
    if (result.kind() != sink::Result::Kind::error) return result.rows() > 0 ? Answer::ours : Answer::not_ours;
    if (connection_->lost() && attempt == 0) continue;
    why_ = "kafka_lag_reporters: " + result.error().text();
    return sink::not_set_up(result.error()) ? Answer::not_set_up : Answer::none;
  }
}

std::string Lease::ours() const {
  return fmt::format("consumer_group = {} AND reporter = {}", connection_->literal(group_),
                     connection_->literal(reporter_));
}

Lease::Answer Lease::renew() {
  return ask([&](const sink::Connection& open) {
    // The first condition spares the row a lock each time that somebody asks in vain; the second decides.
    return fmt::format(
        "INSERT INTO kafka_lag_reporters AS held (consumer_group, reporter, expires_at) "
        "SELECT {0}, {1}, clock_timestamp() + interval '{2} milliseconds' "
        "WHERE NOT EXISTS (SELECT FROM kafka_lag_reporters "
        "WHERE consumer_group = {0} AND reporter <> {1} AND expires_at > clock_timestamp()) "
        "ON CONFLICT (consumer_group) DO UPDATE SET reporter = excluded.reporter, expires_at = excluded.expires_at "
        "WHERE held.reporter = excluded.reporter OR held.expires_at <= clock_timestamp() RETURNING 1",
        open.literal(group_), open.literal(reporter_), length_.count());
  });
}

Lease::Answer Lease::look() {
  // Expired and still ours: nobody else could sample either.
  return ask([&](const sink::Connection&) { return "SELECT FROM kafka_lag_reporters WHERE " + ours(); });
}

sink::Connection* Lease::connection() {
  return connection_ == nullptr || connection_->lost() ? nullptr : connection_.get();
}

void Lease::release() {
  if (connection_ == nullptr || connection_->probe_lost()) return;
  static_cast<void>(connection_->execute(
      std::string(kSettings) + "UPDATE kafka_lag_reporters SET expires_at = clock_timestamp() WHERE " + ours()));
}

}  // namespace loom::lag
