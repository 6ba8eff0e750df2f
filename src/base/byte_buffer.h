#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace loom {

/// A growing run of bytes, written at its end in network byte order. Unlike std::string it neither fills what it
/// reserves nor checks capacity twice: rows are appended to it a few bytes at a time, millions a second.
/// Threads: one at a time.  Fails: std::bad_alloc.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() { std::free(data_); }

  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] std::string_view view(std::size_t begin, std::size_t end) const { return {data_ + begin, end - begin}; }

  /// Room for `count` more bytes, which the caller writes before calling advance().
  char* reserve(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    return data_ + size_;
  }
  void advance(std::size_t count) { size_ += count; }
  void truncate(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) {
    *reserve(1) = byte;
    ++size_;
  }
  // Twice for each field: not left to the compiler, which counts the calls of a whole folder.
  [[gnu::always_inline]] void append_be16(std::uint16_t value) { append_raw(__builtin_bswap16(value)); }
  void append_be32(std::uint32_t value) { append_raw(__builtin_bswap32(value)); }
  void append_be64(std::uint64_t value) { append_raw(__builtin_bswap64(value)); }

  /// Overwrites four bytes written earlier: lengths are known only after what they measure.
  void put_be32(std::size_t at, std::uint32_t value) {
    value = __builtin_bswap32(value);
    std::memcpy(data_ + at, &value, sizeof value);
  }

 private:
  template <typename T>
  [[gnu::always_inline]] void append_raw(T value) {
    std::memcpy(reserve(sizeof value), &value, sizeof value);
    size_ += sizeof value;
  }
  void grow(std::size_t count) {
    std::size_t wanted = capacity_ < 512 ? 1024 : capacity_ * 2;
    if (wanted < size_ + count) wanted = size_ + count;
    void* grown = std::realloc(data_, wanted);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = wanted;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace loom
