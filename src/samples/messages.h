#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/reject.h"
#include "mapping/mapping_file.h"
#include "samples/faults.h"
#include "samples/sample_encoder.h"
#include "samples/template.h"

namespace loom::samples {

struct SampleOptions {
  std::uint64_t seed = 1;
  double bad_ratio = 0;                      ///< how many of the messages are bad, from 0 to 1
  double repeat_ratio = 0;                   ///< how many are an earlier one once more, byte for byte; below 1
  std::uint64_t repeat_within = 10'000;      ///< of so many before it
  std::uint32_t devices = 50;                ///< how many devices send them
  std::shared_ptr<SampleEncoder> encoder{};  ///< writes the values in its schema's format; nullptr: they stay JSON
};

/// One message for Kafka, and what must become of it.
struct SampleMessage {
  std::string key;  ///< the device, or JSON where the mapping takes fields of the key
  std::string value;
  bool has_value = true;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<RejectReason> expected;  ///< the dead letter's reason; nothing: it is stored
  std::uint32_t rows = 0;                ///< rows of the topic's own table that it becomes; a repeated one becomes none
  std::uint32_t child_rows = 0;          ///< and of the child tables together
};

/// Messages that fit a topic's mapping, made from the mapping alone: the same for the same seed on every machine.
/// A device and a timestamp never occur together twice, also between runs with different seeds.
/// Threads: one at a time.  Owns: the compiled templates.  Blocks: never.
class SampleGenerator {
 public:
  SampleGenerator(const mapping::TopicMapping& topic, SampleOptions options);

  /// Overwrites `out`, reusing its memory.
  /// Fails: std::logic_error, when the encoder's schema is not this mapping's.
  void next(SampleMessage& out);

  /// As if this many messages had been made.
  void skip(std::uint64_t count) { index_ += count; }

 private:
  /// Makes the message, as the encoder writes it where there is one.
  void write_value(const SampleTemplate& message, const SampleContext& context, SampleRandom& random, std::string& out);
  void count_rows(SampleMessage& out, std::uint64_t index) const;
  /// The number of the message that is sent in this one's place: its own, or of an earlier one that is repeated.
  [[nodiscard]] std::uint64_t sent_instead_of(std::uint64_t index) const;

  std::uint64_t seed_;
  std::uint64_t bad_below_;  ///< a draw under this makes a bad message
  bool all_bad_;
  std::uint64_t repeat_below_;  ///< the same for one that repeats another
  std::uint64_t repeat_within_;
  SampleTemplate good_;
  std::optional<SampleTemplate> key_;  ///< of the record's key; nothing: the key is the device
  std::vector<SampleFault> faults_;
  std::vector<std::string> devices_;
  std::vector<std::string> header_names_;
  std::vector<bool> child_arrays_;  ///< per array mapping: has it a table of its own?
  std::shared_ptr<SampleEncoder> encoder_;
  std::string json_;  ///< for the encoder
  std::uint64_t index_ = 0;
};

}  // namespace loom::samples
