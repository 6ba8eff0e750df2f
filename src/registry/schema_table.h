#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "decode/schema_source.h"
#include "formats/schema.h"

namespace loom::registry {

struct SchemaTableLimits {
  std::size_t schemas = 25'000;                       ///< more than one batch can name
  std::size_t bytes = std::size_t{64} * 1024 * 1024;  ///< of the schemas' texts with what they refer to
  std::size_t wanted = 25'000;                        ///< ids that are asked for at the same time
  std::size_t problems = 100'000;                     ///< more ids than all batches under way can have
  Duration second_look = std::chrono::seconds(1);     ///< an id that is unknown is asked for once more, after that
  Duration problem_time = std::chrono::seconds(60);   ///< then what was found wrong is forgotten
  /// As long as more is found wrong it is remembered, up to this: a batch needs the verdicts on all of its ids at once,
  /// however many there are and however slow the registry is.
  Duration problem_time_most = std::chrono::minutes(10);
};

/// What is known of which schema: found (for ever, the least recently used goes when there are too many), wrong (for a
/// minute or more), or wanted. Without threads, servers and clocks.
/// Threads: one at a time.
/// Bounds:  SchemaTableLimits; one schema too large for them is kept alone. An id that is one too many is answered
///          `wanted` all the same, and asked for once another has been settled and it is looked for again.
class SchemaTable {
 public:
  explicit SchemaTable(const SchemaTableLimits& limits = {}) : limits_(limits) {}

  decode::SchemaAnswer find(const decode::SchemaId& id, TimePoint now);

  struct Due {
    decode::SchemaId id;
    TimePoint when;
  };
  /// The wanted id to ask for first; nothing: none is wanted.
  [[nodiscard]] std::optional<Due> next() const;

  void found(const decode::SchemaId& id, std::shared_ptr<const formats::Schema> schema, std::size_t bytes);
  /// True: that is the verdict now. False: it is asked for once more.
  bool unknown(const decode::SchemaId& id, std::string problem, TimePoint now);
  /// Behind the others: what fails for one id alone holds none of them up.
  void postpone(const decode::SchemaId& id, TimePoint now);
  void wrong(const decode::SchemaId& id, std::string problem, TimePoint now);

  [[nodiscard]] std::size_t schemas() const { return known_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t wanted() const { return wanted_.size(); }

 private:
  struct Known {
    std::shared_ptr<const formats::Schema> schema;
    std::size_t bytes = 0;
    std::list<decode::SchemaId>::iterator place;
  };
  struct Wanted {
    TimePoint when;
    bool looked = false;
  };
  struct Problem {
    std::string text;
    TimePoint since;
  };
  [[nodiscard]] bool holds(const Problem& problem, TimePoint now) const;

  SchemaTableLimits limits_;
  std::map<decode::SchemaId, Known> known_;
  std::map<decode::SchemaId, Wanted> wanted_;
  std::map<decode::SchemaId, Problem> problems_;
  TimePoint last_problem_{};
  std::list<decode::SchemaId> used_;  ///< the most recently used first
  std::size_t bytes_ = 0;
};

}  // namespace loom::registry
