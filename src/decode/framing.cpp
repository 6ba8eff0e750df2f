#include "decode/framing.h"

#include <algorithm>
#include <cstdint>

#include "base/plural.h"

namespace loom::decode {
namespace {

constexpr char kMagic = '\0';
constexpr char kGuidMagic = '\1';

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

void set_malformed(std::string problem, Frame& frame) {
  frame.kind = Frame::Kind::malformed;
  frame.problem = std::move(problem);
}

/// The id that a header holds.
void read_header(const Header& header, std::string_view bytes, Frame& frame) {
  constexpr std::size_t kGuidBytes = 16;
  const std::string_view value = header.value;
  if (value.size() >= 1 + kGuidBytes && value[0] == kGuidMagic) {
    std::copy_n(value.begin() + 1, kGuidBytes, frame.id.guid.begin());
    frame.indexes = value.substr(1 + kGuidBytes);
  } else if ((value.size() == 5 || value.size() == 9) && value[0] == kMagic) {
    frame.id.number = big_endian(value.substr(1));
  } else {
    return set_malformed("the header " + std::string(header.name) + " has " + plural(value.size(), "byte") +
                             ", and a schema's id is byte 1 and 16 bytes, or byte 0 and 4 bytes",
                         frame);
  }
  frame.kind = Frame::Kind::found;
  frame.payload = bytes;
}

/// The id that stands in front of the message.
void read_front(std::string_view bytes, std::size_t id_bytes, Frame& frame) {
  if (bytes.empty() || bytes[0] != kMagic) return;
  if (bytes.size() < 1 + id_bytes) {
    return set_malformed("it begins with byte 0, and then has " + plural(bytes.size() - 1, "byte") +
                             " instead of a schema's id of " + std::to_string(id_bytes),
                         frame);
  }
  frame.id.number = big_endian({bytes.data() + 1, id_bytes});
  if (frame.id.number == 0 && id_bytes == 4 && bytes.size() >= 9 && big_endian(bytes.substr(5, 4)) != 0) {
    return set_malformed("its schema has the id 0 in four bytes, and " +
                             std::to_string(big_endian(bytes.substr(1, 8))) +
                             " in eight: Apicurio's older serializers write eight (LOOM_SCHEMA_REGISTRY_ID_BYTES=8)",
                         frame);
  }
  frame.kind = Frame::Kind::found;
  frame.payload = {bytes.data() + 1 + id_bytes, bytes.size() - 1 - id_bytes};
}

}  // namespace

Frame read_frame(std::string_view bytes, const Message& record, Part part, int id_bytes) {
  constexpr std::string_view kOfValue = "__value_schema_id";
  constexpr std::string_view kOfKey = "__key_schema_id";
  Frame frame;
  if (const auto header = record.last_header(part == Part::value ? kOfValue : kOfKey)) {
    read_header(*header, bytes, frame);
  } else {
    read_front(bytes, static_cast<std::size_t>(id_bytes), frame);
  }
  return frame;
}

}  // namespace loom::decode
