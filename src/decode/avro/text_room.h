#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace loom::decode::avro {

/// Texts that a program makes for one message. They stay where they are until the next message.
/// Threads: one at a time.  Owns: the texts.  Fails: std::bad_alloc.
class TextRoom {
 public:
  /// The texts of the last message are no longer needed.
  void start();
  /// A copy of the text.
  std::string_view keep(std::string_view text);

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
  };
  void add_chunk(std::size_t capacity);

  std::vector<Chunk> chunks_;  ///< the last one is being filled
  std::size_t filled_ = 0;     ///< of the last one
  std::size_t total_ = 0;      ///< of this message
};

}  // namespace loom::decode::avro
