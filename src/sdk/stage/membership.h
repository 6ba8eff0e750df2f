#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "loom/kafka/base_consumer.h"
#include "sdk/stage/delivery.h"
#include "sdk/stage/ledger.h"
#include "sdk/stage/report.h"
#include "sdk/stage/stop.h"

namespace loom::kafka::stage {

/// A stage's place in its group: joining, leaving, following changed settings, and where it stands in the partitions
/// that are its own.
/// Threads: the stage's own.  Owns: the consumer, from join() to leave(), and the ledger of offsets.
/// Blocks:  take() and leave(), as Consumer's poll() and close() do.
/// Fails:   std::runtime_error, as Consumer does.
class Membership {
 public:
  /// By the settings in `loaded` until follow() brings others. The references outlive it.
  Membership(const StageSettings& settings, const ConsumerConfig& loaded, Stop& stop, Tally& tally);

  void join();
  /// Commits what could not be committed with its turn, and leaves.
  void leave();
  /// Leaves without a commit, after an error: or it would stay a member that takes nothing.
  void abandon();
  /// Takes these settings from now on, with another consumer if they need one. Between two turns.
  void follow(const ConsumerConfig& loaded);

  /// The next records that are to be processed; empty when none come soon.
  std::vector<Record> take();
  void finish(const Record& record) { ledger_.finish(record); }
  /// The offsets to commit, also those that an earlier turn could not commit.
  [[nodiscard]] std::vector<Position> finished() const { return ledger_.finished(); }
  void delivered(const std::vector<Position>& positions) { ledger_.delivered(positions); }
  /// What was taken and not finished will be taken again; or all that is not delivered.
  void put_back_unfinished() { seek(ledger_.put_back_unfinished()); }
  void put_back_undelivered() { seek(ledger_.put_back_undelivered()); }

  [[nodiscard]] const std::string& group() const { return config_.consumer_group_id; }
  /// How long the group waits for the next take().
  [[nodiscard]] Duration poll_interval() const { return std::chrono::milliseconds(config_.max_poll_interval_ms); }
  [[nodiscard]] DeliveryTarget target() const;
  [[nodiscard]] std::vector<LagRecord> lag() const;

 private:
  /// A stage's own among these settings. `group`: empty for the one that they name.
  [[nodiscard]] ConsumerConfig of_group(ConsumerConfig config, const std::string& group) const;
  [[nodiscard]] std::map<std::string, std::string> properties() const;
  void seek(const std::vector<Position>& positions) const;

  const StageSettings& settings_;
  Stop& stop_;
  Tally& tally_;
  ConsumerConfig config_;  // what the consumer was made by
  std::unique_ptr<Consumer> consumer_;
  Ledger ledger_;
};

}  // namespace loom::kafka::stage
