#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "random.h"
#include "source/partition_source.h"

namespace loom::simulation {

struct Record {
  std::int64_t offset = 0;
  std::int64_t id = 0;
  bool bad = false;  ///< its value is no JSON
  std::string value;
};

/// One partition's log: offsets rise, with gaps as compaction and transaction markers leave them. It may lose its end,
/// as after an unclean election of a leader, or all of it, as a topic that is made again; then it is another version.
struct Log {
  using Records = std::vector<std::shared_ptr<const Record>>;  // shared: messages point into them

  std::string topic;
  std::int32_t partition = 0;
  Records records;
  std::int64_t end = 0;            ///< the offset after the last record or marker
  std::vector<Records> lost;       ///< the earlier versions
  std::vector<std::int64_t> cuts;  ///< where each of them ended

  void produce(Random& random, std::int64_t id);
  void cut(std::int64_t at);
  [[nodiscard]] std::size_t version() const { return lost.size(); }
  [[nodiscard]] std::vector<const Record*> between(std::int64_t from, std::int64_t to) const {
    return between(from, to, version());
  }
  [[nodiscard]] std::vector<const Record*> between(std::int64_t from, std::int64_t to, std::size_t in_version) const;
  /// Where a reader of this version that stands at `next` has to go on.
  [[nodiscard]] std::int64_t same_up_to(std::size_t in_version, std::int64_t next) const;
};

/// A consumer's queue on a log, with the bad habits of real ones: it skips after a seek, hands out what it handed out
/// before, pauses for no reason, and doubts the log more often than needed. It never hands out a record of another
/// version without a doubt.
class SimulatedSource final : public source::PartitionSource {
 public:
  SimulatedSource(const Log& log, std::int64_t position, Random& random, const bool& faults)
      : log_(log), random_(random), faults_(faults) {
    place(position);
  }

  [[nodiscard]] const std::string& topic() const override { return log_.topic; }
  [[nodiscard]] std::int32_t partition() const override { return log_.partition; }
  source::Taken take() override;
  bool seek(std::int64_t offset, std::int32_t leader_epoch) override;
  std::optional<source::Watermarks> watermarks() override { return source::Watermarks{0, log_.end}; }
  [[nodiscard]] bool in_doubt() const override { return version_ != log_.version(); }
  [[nodiscard]] bool compacted() override { return false; }
  [[nodiscard]] std::int64_t backlog(std::int64_t next) const override { return log_.end - next; }
  void on_ready(std::function<void()> ready) override { ready_ = std::move(ready); }

  void poke() {
    if (ready_) ready_();
  }

 private:
  void place(std::int64_t offset);

  const Log& log_;
  Random& random_;
  const bool& faults_;
  Message message_of(const Record& record) const;

  std::int64_t position_ = 0;
  std::int64_t placed_ = 0;  // where position_ was set last
  std::size_t version_ = 0;  // of the log then
  std::int64_t end_told_ = -1;
  bool skipped_ = false;
  std::function<void()> ready_;
};

}  // namespace loom::simulation
