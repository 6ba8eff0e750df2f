#include "decode/protobuf/message_indexes.h"

#include "decode/protobuf/protobuf_scalars.h"
#include "decode/protobuf/protobuf_wire.h"

namespace loom::decode {
namespace {

constexpr std::int64_t kMostIndexes = 100;

}  // namespace

std::size_t read_message_indexes(std::string_view bytes, std::vector<std::int32_t>& indexes, std::string& problem) {
  indexes.clear();
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  ProtobufFault fault;
  const auto next = [&](std::int64_t& number) {
    std::uint64_t bits = 0;
    p = read_varint(p, end, bits, fault);
    if (p != nullptr) number = unzigzag(bits);
    return p != nullptr;
  };
  std::int64_t count = 0;
  if (!next(count)) {
    problem = "the message's indexes end too early";
    return 0;
  }
  if (count < 0 || count > kMostIndexes) {
    problem = "the message has " + std::to_string(count) + " indexes, and there may be 100 at most";
    return 0;
  }
  // The first message of a file is so common that it takes one byte.
  if (count == 0) indexes.push_back(0);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t index = 0;
    if (!next(index)) {
      problem = "the message's indexes end too early";
      return 0;
    }
    if (index < 0 || index > INT32_MAX) {
      problem = "the message's index " + std::to_string(index) + " is that of no message";
      return 0;
    }
    indexes.push_back(static_cast<std::int32_t>(index));
  }
  return static_cast<std::size_t>(p - bytes.data());
}

}  // namespace loom::decode
