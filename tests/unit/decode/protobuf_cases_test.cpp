// Messages that the libraries of other languages wrote, and what they mean here.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "decode/protobuf/message_indexes.h"
#include "protobuf_fixture.h"

namespace loom::decode {
namespace {

struct Case {
  nlohmann::json said;
  [[nodiscard]] std::string text(const char* key) const { return said.at(key).get<std::string>(); }
};

void PrintTo(const Case& shown, std::ostream* out) { *out << shown.text("name"); }

std::vector<Case> cases() {
  std::vector<Case> all;
  std::ifstream file(LOOM_PROTOBUF_CASES);
  for (std::string line; std::getline(file, line);) all.push_back({nlohmann::json::parse(line)});
  return all;
}

class ProtobufCase : public ::testing::TestWithParam<Case> {};

TEST_P(ProtobufCase, MeansWhatTheTableSays) {
  testing::ProtoReader reader(GetParam().text("proto"), GetParam().text("message"), Wanted{.root = true});
  EXPECT_EQ(reader.read(GetParam().text("hex")), GetParam().text("json"));
}

TEST_P(ProtobufCase, ItsIndexesLeadToItsMessage) {
  const auto indexes = GetParam().said.at("indexes").get<std::vector<std::int32_t>>();
  const auto schema = testing::proto_schema(GetParam().text("proto"));
  const formats::ProtobufMessage* const message = schema->find(indexes);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->full_name, GetParam().text("message"));
}

TEST_P(ProtobufCase, CutShortAnywhereItIsRefusedOrAnotherMessage) {
  testing::ProtoReader reader(GetParam().text("proto"), GetParam().text("message"), Wanted{.root = true});
  const std::string bytes = testing::from_hex(GetParam().text("hex"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string read = reader.read_bytes(bytes.substr(0, size));
    EXPECT_TRUE(read.starts_with('{') || read.starts_with("not_decodable: the message is no t.") ||
                read.starts_with("invalid_text: "))
        << size << ": " << read;
  }
}

INSTANTIATE_TEST_SUITE_P(Libraries, ProtobufCase, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return "Line" + std::to_string(tested.index + 1); });

}  // namespace
}  // namespace loom::decode
