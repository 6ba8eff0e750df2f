// Bytes that Avro's libraries wrote, and what is read from them. tests/data/avro_cases.jsonl has a case a line: the
// schema, the bytes, and either the value as JSON or what the reject says.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <string>

#include "avro_fixture.h"
#include "decode/plain_form.h"

namespace loom::decode {
namespace {

struct Case {
  std::string name;
  std::string schema;
  std::string hex;
  std::string json;
  std::string problem;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  std::ifstream file(LOOM_TEST_DATA "/avro_cases.jsonl");
  simdjson::dom::parser parser;
  for (std::string line; std::getline(file, line);) {
    const simdjson::dom::element json = parser.parse(line);
    const auto text = [&](const char* key) {
      std::string_view found;
      if (json.at_key(key).get(found)) return std::string();
      return std::string(found);
    };
    all.push_back({text("name"), text("schema"), text("hex"), text("json"), text("problem")});
  }
  return all;
}

TEST(AvroCases, BytesOfEveryLibraryAreReadAsDecided) {
  const auto all = cases();
  ASSERT_EQ(all.size(), 82U);
  for (const Case& each : all) {
    SCOPED_TRACE(each.name);
    testing::AvroRun run(each.schema, Wanted{.root = true});
    const auto reject = run.run(testing::bytes_of(each.hex));
    if (!each.problem.empty()) {
      EXPECT_EQ(reject ? reject->message : "accepted", each.problem);
      continue;
    }
    if (reject) {
      ADD_FAILURE() << reject->message;
      continue;
    }
    PlainRoom room;
    ByteBuffer json;
    append_json(run.values().root, room, json);
    EXPECT_EQ(json.view(), each.json);
  }
}

}  // namespace
}  // namespace loom::decode
