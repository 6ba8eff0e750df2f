#include "encoded_reader.h"

#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "decode/base64.h"
#include "samples/values.h"

namespace loom::samples {
namespace {

using Json = nlohmann::json;

struct Bytes {
  std::string_view left;

  std::string_view take(std::size_t count) {
    if (count > left.size()) throw std::runtime_error("the message ends too early");
    const std::string_view taken = left.substr(0, count);
    left.remove_prefix(count);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= (byte & 0x7FULL) << shift;
      if (byte < 0x80) return value;
    }
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
  }
  double real() {
    std::uint64_t bits = 0;
    const std::string_view eight = take(8);
    for (std::size_t i = 8; i > 0; --i) bits = bits << 8U | static_cast<unsigned char>(eight[i - 1]);
    return std::bit_cast<double>(bits);
  }
};

void same(const std::string& path, bool equal, const Json& wanted) {
  if (!equal) throw std::runtime_error(path + " is not " + wanted.dump());
}

bool same_bytes(std::string_view bytes, const Json& wanted) {
  ByteBuffer base64;
  decode::append_base64(bytes, base64);
  return bytes == wanted.get<std::string>() || base64.view() == wanted.get<std::string>();
}

std::string iso_text(std::int64_t us) {
  std::string text;
  append_iso_time(text, us);
  return text;
}

std::int64_t big_endian(std::string_view bytes) {
  // NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant
  std::int64_t value = static_cast<signed char>(bytes.at(0));
  for (const char byte : bytes.substr(1)) value = value * 256 + static_cast<unsigned char>(byte);
  return value;
}

std::string time_text(std::int64_t us) {
  const std::int64_t tenths = us / 100'000;
  std::string text = iso_text(us).substr(11, 8);
  return tenths % 10 == 0 ? text : text + "." + std::to_string(tenths % 10);
}

void read_avro(const Json& type, Bytes& bytes, const Json& wanted, const std::string& path);

void read_avro_list(const Json& type, Bytes& bytes, const Json& wanted, const std::string& path) {
  std::size_t count = 0;
  for (std::int64_t block = bytes.zigzag(); block != 0; block = bytes.zigzag()) {
    for (; block > 0; --block, ++count) read_avro(type["items"], bytes, wanted.at(count), path + "[]");
  }
  same(path + "'s length", count == wanted.size(), wanted.size());
}

void read_avro_record(const Json& type, Bytes& bytes, const Json& wanted, const std::string& path) {
  std::size_t found = 0;
  for (const Json& field : type["fields"]) {
    const std::string name = field["name"];
    found += wanted.contains(name) ? 1 : 0;
    // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
    read_avro(field["type"], bytes, wanted.contains(name) ? wanted[name] : Json(), path + "." + name);
  }
  same(path + "'s fields", found == wanted.size(), wanted);
}

void read_avro_bytes(const Json& type, std::string_view bytes, const Json& wanted, const std::string& path) {
  if (!type.is_object()) return same(path, same_bytes(bytes, wanted), wanted);
  const double scale = std::pow(10, type["scale"].get<int>());
  same(path, big_endian(bytes) == std::llround(wanted.get<double>() * scale), wanted);
}

void read_avro(const Json& type, Bytes& bytes, const Json& wanted, const std::string& path) {
  if (type.is_array()) {
    const auto branch = static_cast<std::size_t>(bytes.zigzag());
    return read_avro(type.at(branch), bytes, wanted, path);
  }
  const std::string kind = type.is_object() ? type["type"] : type;
  const std::string logical = type.is_object() ? type.value("logicalType", "") : "";
  if (kind == "record") return read_avro_record(type, bytes, wanted, path);
  if (kind == "array") return read_avro_list(type, bytes, wanted, path);
  if (kind == "null") return same(path, wanted.is_null(), wanted);
  if (kind == "boolean") return same(path, (bytes.take(1)[0] == 1) == wanted.get<bool>(), wanted);
  if (kind == "double") return same(path, bytes.real() == wanted.get<double>(), wanted);
  if (kind == "string" || kind == "bytes") {
    const std::string_view text = bytes.take(static_cast<std::size_t>(bytes.zigzag()));
    return kind == "bytes" ? read_avro_bytes(type, text, wanted, path)
                           : same(path, text == wanted.get<std::string>(), wanted);
  }
  if (kind != "int" && kind != "long") throw std::runtime_error("no such type: " + kind);
  const std::int64_t number = bytes.zigzag();
  if (wanted.is_number()) return same(path, number == wanted.get<std::int64_t>(), wanted);
  const std::string text = wanted;
  if (logical == "timestamp-micros") return same(path, iso_text(number) == text, wanted);
  if (logical == "date")
    return same(path, iso_text(number * 86'400'000'000).substr(0, 10) == text.substr(0, 10), wanted);
  if (logical == "time-micros") return same(path, time_text(number) == text, wanted);
  throw std::runtime_error(path + " is a number in the bytes, and not in the message");
}

/// What a .proto file says, read line by line.
struct ProtoMessage {
  struct Field {
    std::string type;
    std::string json_name;
    bool repeated = false;
  };
  std::map<std::uint64_t, Field> fields;
};

struct ProtoFile {
  std::map<std::string, ProtoMessage> messages;
  std::string first;
};

ProtoFile read_proto_file(const std::string& text) {
  ProtoFile file;
  std::vector<std::string> open;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "message") {
      words >> word;
      if (file.first.empty()) file.first = word;
      open.push_back(word);
      file.messages[word];
    } else if (word == "}") {
      open.pop_back();
    } else if (!open.empty() && !word.empty()) {
      ProtoMessage::Field field;
      field.repeated = word == "repeated";
      if (word == "repeated" || word == "optional") words >> word;
      field.type = word;
      std::uint64_t number = 0;
      words >> field.json_name >> word >> number;
      const std::size_t given = line.find("json_name = ");
      if (given != std::string::npos) field.json_name = Json::parse(line.substr(given + 12, line.size() - given - 14));
      file.messages[open.back()].fields[number] = field;
    }
  }
  return file;
}

void read_message(const ProtoFile& file, const std::string& name, Bytes bytes, const Json& wanted,
                  const std::string& path);

void read_timestamp(Bytes bytes, const Json& wanted, const std::string& path) {
  std::int64_t us = 0;
  while (!bytes.left.empty()) {
    const std::uint64_t tag = bytes.varint();
    const auto value = static_cast<std::int64_t>(bytes.varint());
    us += tag == 8 ? value * 1'000'000 : value / 1000;
  }
  same(path, iso_text(us) == wanted.get<std::string>(), wanted);
}

void read_scalar(const ProtoFile& file, const std::string& type, std::uint64_t wire, Bytes& bytes, const Json& wanted,
                 const std::string& path) {
  if (type == "double") return same(path, wire == 1 && bytes.real() == wanted.get<double>(), wanted);
  if (type == "bool") return same(path, wire == 0 && (bytes.varint() == 1) == wanted.get<bool>(), wanted);
  if (type == "int64" || type == "int32") {
    return same(path, wire == 0 && static_cast<std::int64_t>(bytes.varint()) == wanted.get<std::int64_t>(), wanted);
  }
  if (wire != 2) throw std::runtime_error(path + " has wire type " + std::to_string(wire));
  const std::string_view inner = bytes.take(bytes.varint());
  if (type == "string") {
    // Of a decimal the JSON has digits that its number has lost here.
    return same(path, wanted.is_number() ? std::stod(std::string(inner)) == wanted.get<double>() : inner == wanted,
                wanted);
  }
  if (type == "bytes") return same(path, same_bytes(inner, wanted), wanted);
  if (type == "google.protobuf.Timestamp") return read_timestamp({inner}, wanted, path);
  read_message(file, type, {inner}, wanted, path);
}

void read_message(const ProtoFile& file, const std::string& name, Bytes bytes, const Json& wanted,
                  const std::string& path) {
  const ProtoMessage& message = file.messages.at(name);
  std::map<std::string, std::size_t> found;
  while (!bytes.left.empty()) {
    const std::uint64_t tag = bytes.varint();
    const ProtoMessage::Field& field = message.fields.at(tag >> 3U);
    const std::string inside = path + "." + field.json_name;
    const Json& value = wanted.at(field.json_name);
    if (field.repeated && (field.type == "double" || field.type == "int64" || field.type == "bool")) {
      Bytes packed{bytes.take(bytes.varint())};
      while (!packed.left.empty()) {
        read_scalar(file, field.type, field.type == "double" ? 1 : 0, packed, value.at(found[field.json_name]++),
                    inside);
      }
    } else {
      const std::size_t place = found[field.json_name]++;
      read_scalar(file, field.type, tag & 7U, bytes, field.repeated ? value.at(place) : value, inside);
    }
  }
  for (const auto& [key, value] : wanted.items()) {
    // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
    same(path + "." + key + "'s count", found[key] == (value.is_array() ? value.size() : 1), value);
  }
}

template <typename Read>
std::string difference(const Read& read) {
  try {
    read();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace

std::string avro_differs(const std::string& schema, std::string_view bytes, const Json& message) {
  return difference([&] {
    Bytes left{bytes};
    read_avro(Json::parse(schema), left, message, "message");
    if (!left.left.empty()) throw std::runtime_error("bytes are left over");
  });
}

std::string protobuf_differs(const std::string& schema, std::string_view bytes, const Json& message) {
  return difference([&] {
    const ProtoFile file = read_proto_file(schema);
    read_message(file, file.first, {bytes}, message, "message");
  });
}

}  // namespace loom::samples
