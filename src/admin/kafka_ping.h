#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace loom::admin {

/// Asks a Kafka cluster whether it is there.
/// Threads: one at a time.  Owns: a client, with connections that are made anew within a second of a server's return.
/// Blocks:  a call up to the time given.  Fails: WrongSetting from the constructor.
class KafkaPing {
 public:
  KafkaPing(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
            std::chrono::milliseconds within);
  ~KafkaPing();
  KafkaPing(const KafkaPing&) = delete;
  KafkaPing& operator=(const KafkaPing&) = delete;

  /// Empty when a broker answered; else why none did.
  std::string ask();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::admin
