#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace loom::decode {

/// Where the tokens of a JSON text begin: the first stage of simdjson On-Demand, which finds them 64 bytes at a time
/// with the best instructions of the machine that it runs on, and which checks UTF-8, control characters in strings
/// and that every string ends.
/// Threads: one at a time.
/// Owns:    the positions, four bytes per byte of the largest recent text. A text is not copied.
/// Fails:   build() says why the text cannot be JSON; std::bad_alloc.
class StructuralIndex {
 public:
  StructuralIndex();
  ~StructuralIndex();
  StructuralIndex(StructuralIndex&&) noexcept;
  StructuralIndex& operator=(StructuralIndex&&) noexcept;

  /// nullptr: indexed, and there is at least one token. Otherwise what is wrong with the text.
  const char* build(std::string_view text);

  /// Byte offsets of the tokens in order; one more follows, and is the text's length.
  [[nodiscard]] const std::uint32_t* begin() const { return begin_; }
  [[nodiscard]] const std::uint32_t* end() const { return end_; }

 private:
  struct Stage;
  void make_room(std::size_t size);

  std::unique_ptr<Stage> stage_;
  std::size_t capacity_ = 0;
  const std::uint32_t* begin_ = nullptr;
  const std::uint32_t* end_ = nullptr;
  std::vector<char> padded_;  ///< only for simdjson's kernel without SIMD, which reads a byte too far
};

/// Whether the bytes are UTF-8.
bool is_utf8(std::string_view bytes);

}  // namespace loom::decode
