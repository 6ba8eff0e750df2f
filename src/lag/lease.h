#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sink/connection.h"

namespace loom::lag {

/// A group's row in kafka_lag_reporters: whoever holds it reports the group's lag. It lasts for `length` from each
/// renewal, by the database's clock.
/// Threads: one at a time.  Owns: a connection, opened when first needed and again after it broke.
/// Blocks:  up to the connect timeout (5 s), or 3 s for an answer.  Fails: by its answers.
class Lease {
 public:
  enum class Answer : std::uint8_t {
    ours,
    not_ours,
    none,        ///< the database does not answer, or cannot write now: nothing has changed that we know of
    not_set_up,  ///< the table, a part of it or the privileges on it are missing
  };

  Lease(std::string url, std::string group, std::string reporter, std::chrono::milliseconds length);

  /// Takes it when nobody has it, or prolongs it.
  Answer renew();
  /// Only looks.
  Answer look();
  /// Lets go, so that another replica need not wait. Only over a connection that is open.
  void release();

  /// For other questions on the same thread; nullptr: there is none at the moment.
  [[nodiscard]] sink::Connection* connection();

  /// Why the last answer was none or not_set_up; free of passwords.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  template <typename MakeSql>
  Answer ask(const MakeSql& make_sql);
  [[nodiscard]] std::string ours() const;

  const std::string url_;
  const std::string group_;
  const std::string reporter_;
  const std::chrono::milliseconds length_;
  std::unique_ptr<sink::Connection> connection_;
  std::string why_;
};

}  // namespace loom::lag
