#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loom::bench {

/// Which column tells rows apart, and in which order its values come.
enum class KeyOrder {
  device,  ///< (device_id, timestamp): at the ends of 50 runs
  number,  ///< a bigint that grows
  uuid     ///< anywhere
};

/// What the messages of a topic look like. Constant.
struct MessageShape {
  KeyOrder key = KeyOrder::device;
  std::size_t bytes = 300;
  std::size_t columns = 11;  ///< of a row: the key's, device and time, numbers, and a text that fills up the bytes
  std::size_t rows = 1;      ///< more: elements of a list
  double repeats = 0;        ///< share of the messages whose key an earlier one has, with other values
  std::uint64_t keys = 0;    ///< not 0: no more different keys than that
  std::uint64_t seed = 1;
};

/// Messages of one shape, the same for the same seed.
/// Threads: one.  Blocks: never.
/// Fails:   std::invalid_argument, when the columns do not fit into the bytes.
class ShapedMessages {
 public:
  explicit ShapedMessages(const MessageShape& shape);

  /// Overwrites `out`. Returns the number of its key: messages with one key have to share a partition.
  std::uint64_t next(std::string& out);

  [[nodiscard]] std::uint64_t different_keys() const { return different_; }
  /// Bytes of a row's values, without what a table or COPY adds to them.
  [[nodiscard]] std::size_t row_bytes() const;

 private:
  std::uint64_t choose_key();
  void write_head(std::uint64_t key, std::string& out);
  void write_element(std::string& out);

  const MessageShape shape_;
  std::size_t numbers_ = 0;    ///< columns with a number
  std::size_t note_size_ = 0;  ///< of the text
  std::string words_;          ///< what texts are cut from
  std::uint64_t index_ = 0;
  std::uint64_t different_ = 0;
  std::vector<bool> seen_;   ///< of a limited number of keys
  std::uint64_t drawn_ = 0;  ///< the random numbers of one message after another
};

}  // namespace loom::bench
