#include "support/stored_log.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace loom::testing {

namespace {

std::uint64_t big_endian(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

/// Where in a segment the batch begins that has this offset first
/// (https://kafka.apache.org/documentation/#recordbatch).
std::optional<std::size_t> batch_at(const std::string& segment, std::uint64_t offset) {
  constexpr std::size_t kBeforeLength = 8;
  constexpr std::size_t kUpToLength = kBeforeLength + 4;
  for (std::size_t at = 0; at + kUpToLength <= segment.size();) {
    if (big_endian(segment, at, kBeforeLength) == offset) return at;
    at += kUpToLength + static_cast<std::size_t>(big_endian(segment, at + kBeforeLength, 4));
  }
  return std::nullopt;
}

}  // namespace

void cut_stored_log(const std::string& data, const std::string& topic, std::int32_t partition, std::int64_t end) {
  namespace fs = std::filesystem;
  const fs::path folder = data;
  const fs::path log = folder / (topic + "-" + std::to_string(partition));
  const fs::path segment = log / "00000000000000000000.log";
  std::ostringstream bytes;
  bytes << std::ifstream(segment, std::ios::binary).rdbuf();
  const auto at = batch_at(bytes.str(), static_cast<std::uint64_t>(end));
  if (!at) throw std::runtime_error("no batch of " + segment.string() + " begins at offset " + std::to_string(end));
  fs::resize_file(segment, *at);
  // What the broker noted of the longer log.
  for (const fs::path& noted :
       {log / "00000000000000000000.index", log / "00000000000000000000.timeindex",
        folder / "recovery-point-offset-checkpoint", folder / "replication-offset-checkpoint"}) {
    fs::remove(noted);
  }
}

}  // namespace loom::testing
