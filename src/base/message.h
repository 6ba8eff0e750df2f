#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace loom {

/// One header of a Kafka record. A header may have no value at all, which is not the same as an empty one.
struct Header {
  std::string_view name;
  std::string_view value;
  bool has_value = true;
};

/// What a Message asks of whoever owns its bytes (librdkafka in the product, a simulation in tests).
struct MessageBacking {
  void (*release)(void* handle) noexcept;
  std::vector<Header> (*headers)(const void* handle);
  /// The last header of this name that has a value, without a list of all; nullptr: it is found in that list.
  std::optional<Header> (*last_header)(const void* handle, std::string_view name) = nullptr;
};

/// One record taken from a partition.
/// Threads: moved between threads as part of a batch, never used by two at once.
/// Owns:    the record's bytes through `backing`; all views die with it.
class Message {
 public:
  std::string_view value;
  std::string_view key;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  ///< milliseconds since the epoch; -1 where the record carries none
  std::int32_t partition = 0;
  bool has_value = false;  ///< false: a tombstone (null value)
  bool has_key = false;

  Message() = default;
  Message(const MessageBacking* backing, void* handle) : backing_(backing), handle_(handle) {}
  Message(Message&& other) noexcept { swap(other); }
  Message& operator=(Message&& other) noexcept {
    Message taken(std::move(other));
    swap(taken);
    return *this;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    if (backing_ != nullptr) backing_->release(handle_);
  }

  [[nodiscard]] std::vector<Header> headers() const {
    return backing_ == nullptr ? std::vector<Header>{} : backing_->headers(handle_);
  }

  /// The last header of this name that has a value.
  [[nodiscard]] std::optional<Header> last_header(std::string_view name) const {
    return backing_ == nullptr ? std::nullopt : find_last_header(name);
  }

 private:
  [[nodiscard]] std::optional<Header> find_last_header(std::string_view name) const {
    if (backing_->last_header != nullptr) return backing_->last_header(handle_, name);
    const std::vector<Header> all = headers();
    const auto found =
        std::find_if(all.rbegin(), all.rend(), [&](const Header& one) { return one.has_value && one.name == name; });
    return found == all.rend() ? std::nullopt : std::optional(*found);
  }

  void swap(Message& other) noexcept {
    std::swap(value, other.value);
    std::swap(key, other.key);
    std::swap(offset, other.offset);
    std::swap(timestamp_ms, other.timestamp_ms);
    std::swap(partition, other.partition);
    std::swap(has_value, other.has_value);
    std::swap(has_key, other.has_key);
    std::swap(backing_, other.backing_);
    std::swap(handle_, other.handle_);
  }

  const MessageBacking* backing_ = nullptr;
  void* handle_ = nullptr;
};

}  // namespace loom
