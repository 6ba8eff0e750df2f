#pragma once

#include <cstdint>
#include <deque>
#include <functional>
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

/// One partition's log: offsets rise, with gaps as compaction and transaction markers leave them.
struct Log {
  std::string topic;
  std::int32_t partition = 0;
  std::deque<Record> records;  // a deque: messages point into it
  std::int64_t end = 0;        ///< the offset after the last record or marker

  void produce(Random& random, std::int64_t id);
  [[nodiscard]] std::vector<const Record*> between(std::int64_t from, std::int64_t to) const;
};

/// A consumer's queue on a log, with the bad habits of real ones: it skips after a seek, hands out what it handed out
/// before, and pauses for no reason.
class SimulatedSource final : public source::PartitionSource {
 public:
  SimulatedSource(const Log& log, std::int64_t position, Random& random, const bool& faults)
      : log_(log), random_(random), faults_(faults) {
    place(position);
  }

  [[nodiscard]] const std::string& topic() const override { return log_.topic; }
  [[nodiscard]] std::int32_t partition() const override { return log_.partition; }
  source::Taken take() override;
  bool seek(std::int64_t offset) override;
  std::optional<source::Watermarks> watermarks() override { return source::Watermarks{0, log_.end}; }
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
  std::int64_t position_ = 0;
  std::int64_t placed_ = 0;  // where position_ was set last
  std::int64_t end_told_ = -1;
  bool skipped_ = false;
  std::function<void()> ready_;
};

}  // namespace loom::simulation
