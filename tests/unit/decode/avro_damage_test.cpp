// Bytes that are cut short, changed, or mean more than they hold.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "avro_fixture.h"
#include "mapping/paths.h"

namespace loom::decode {
namespace {

using testing::AvroRun;
using testing::bytes_of;

const std::string kRich = R"({"type":"record","name":"R","fields":[
  {"name":"i","type":"int"},{"name":"s","type":"string"},{"name":"u","type":["null","double","string"]},
  {"name":"m","type":{"type":"map","values":{"type":"array","items":"long"}}},
  {"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[
    {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
    {"name":"r","type":["null","R"]}]}}},
  {"name":"t","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},
  {"name":"b","type":{"type":"bytes","logicalType":"big-decimal"}},
  {"name":"z","type":"boolean"}]})";
const std::string kLeaf = "02 0261 00 00 00 000000000000000000000000 08 0404ce04 01";
const std::string kRichBytes =
    "04 06616263 02 000000000000f83f 04 026b 04 02 04 00 026d 01 02 06 00 00 "
    "02 0404ce 02 02 " +
    kLeaf + " 01 08 02ff 00 00 00 010000000200000003000000 08 0404ce04 01";

std::vector<Wanted> wishes() {
  std::vector<Wanted> all;
  all.push_back({});
  all.push_back({.root = true});
  all.push_back({.message = testing::paths_for({"z"})});
  all.push_back(
      {.message = testing::paths_for({"i", "s", "u", "!m", "m.k[0]", "*l", "l[0].r.s", "l[-1].d", "t", "b", "z"})});
  Wanted exploded{.message = testing::paths_for({"m.k"}), .root = true};
  exploded.message.tree.nodes[mapping::add_node(exploded.message.tree, "l")].array = 0;
  exploded.elements.push_back(testing::paths_for({"d", "e", "!r", "r.s", "r.l[0].d"}));
  all.push_back(exploded);
  return all;
}

TEST(AvroDamage, WholeBytesAreAccepted) {
  for (const Wanted& wanted : wishes()) {
    AvroRun run(kRich, wanted);
    const auto reject = run.run(bytes_of(kRichBytes));
    EXPECT_FALSE(reject) << reject->message;
  }
  AvroRun run(kRich, wishes()[3]);
  EXPECT_EQ(run.slots(kRichBytes),
            "integer 2, string \"abc\", real 1.5, object {\"k\":[1,2],\"m\":[3]}, integer 1, array, string \"a\", "
            "decimal -0.01, duration \"P1M2DT0.003S\", decimal 12.30, boolean true");
}

TEST(AvroDamage, BytesThatEndTooEarlyAreRefusedWhereverTheyEnd) {
  const std::string whole = bytes_of(kRichBytes);
  for (const Wanted& wanted : wishes()) {
    AvroRun run(kRich, wanted);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto reject = run.run(std::string_view(whole).substr(0, size));
      ASSERT_TRUE(reject) << size;
      EXPECT_EQ(reject->reason, RejectReason::not_decodable);
    }
    EXPECT_TRUE(run.run(whole + "x"));
    EXPECT_FALSE(run.run(whole));
  }
}

TEST(AvroDamage, ChangedBytesDoNoHarm) {
  const std::string whole = bytes_of(kRichBytes);
  std::mt19937 random(20);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const Wanted& wanted : wishes()) {
    AvroRun run(kRich, wanted);
    for (int i = 0; i < 20'000; ++i) {
      std::string changed = whole;
      for (unsigned change = 0; change <= random() % 4; ++change) {
        const std::size_t at = random() % changed.size();
        switch (random() % 3) {
          case 0:
            changed[at] = static_cast<char>(random());
            break;
          case 1:
            changed.erase(at, random() % 3);
            break;
          default:
            changed.insert(at, 1, static_cast<char>(random()));
        }
      }
      if (const auto reject = run.run(changed)) {
        ++refused;
        ASSERT_TRUE(reject->message.starts_with("the bytes do not fit their Avro schema: "));
      } else {
        ++accepted;
      }
    }
  }
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(refused, 10'000U);
}

std::string problem(const std::string& schema, const Wanted& wanted, const std::string& bytes) {
  AvroRun run(schema, wanted);
  const auto reject = run.run(bytes);
  return reject ? reject->message.substr(40) : "accepted";
}

TEST(AvroDamage, CountsBeyondTheBytesAreRefused) {
  const std::string ints =
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"int"}}]})";
  for (const std::string path : {"z", "*l", "l[-1]", "!l"}) {
    const Wanted wanted{.message = testing::paths_for({path})};
    EXPECT_EQ(problem(ints, wanted, bytes_of("0a 02 00")),
              "5 elements, where 2 bytes are left, in the field l (byte 0)");
    EXPECT_EQ(problem(ints, wanted, bytes_of("feffffffffffffffff01 02 00")),
              "9223372036854775807 elements, where 2 bytes are left, in the field l (byte 0)");
    EXPECT_EQ(problem(ints, wanted, bytes_of("ffffffffffffffffff01 02 00")),
              "9223372036854775808 elements, where 1 bytes are left, in the field l (byte 0)")
        << path;
  }
}

TEST(AvroDamage, ElementsOfNoBytesAreLimited) {
  const std::string empty =
      R"({"type":"array","items":{"type":"record","name":"E","fields":[{"name":"n","type":"null"}]}})";
  const auto count = [](std::uint64_t number) {
    std::string bytes;
    for (number *= 2; number >= 0x80; number >>= 7U) bytes += static_cast<char>(number | 0x80U);
    return bytes + static_cast<char>(number) + std::string(1, '\0');
  };
  EXPECT_EQ(problem(empty, {}, count(1'000'000)), "accepted");
  EXPECT_EQ(problem(empty, {.root = true}, count(1'000'000)), "accepted");
  for (const bool root : {false, true}) {
    EXPECT_EQ(problem(empty, {.root = root}, count(1'000'001)),
              "1000001 elements of no bytes, which are more than 1000000 in one message (byte 0)");
  }
  const std::string lists = R"({"type":"array","items":)" + empty + "}";
  EXPECT_EQ(problem(lists, {.root = true}, std::string(1, 6) + count(400'000) + count(400'000) + count(400'000) + '\0'),
            "400000 elements of no bytes, which are more than 1000000 in one message (byte 9)");
}

TEST(AvroDamage, NestingHasALimit) {
  const std::string chain = R"({"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]})";
  const std::string tree =
      R"({"type":"record","name":"T","fields":[{"name":"kids","type":{"type":"array","items":"T"}}]})";
  const std::string endless = R"({"type":"record","name":"X","fields":[{"name":"x","type":"X"}]})";
  const auto kids = [](std::size_t depth) { return std::string(depth, 2) + std::string(depth + 1, 0); };
  for (const bool root : {false, true}) {
    EXPECT_EQ(problem(chain, {.root = root}, std::string(900, 2) + '\0'), "accepted");
    EXPECT_NE(problem(chain, {.root = root}, std::string(1001, 2) + '\0').find("nested deeper than 1000 levels"),
              std::string::npos);
    EXPECT_NE(problem(chain, {.root = root}, std::string(1'000'000, 2) + '\0').find("nested deeper than 1000 levels"),
              std::string::npos);
    EXPECT_EQ(problem(tree, {.root = root}, kids(450)), "accepted");
    EXPECT_NE(problem(tree, {.root = root}, kids(1001)).find("nested deeper than 1000 levels"), std::string::npos);
    EXPECT_NE(problem(endless, {.root = root}, "").find("nested deeper than 1000 levels"), std::string::npos);
  }
}

TEST(AvroDamage, SchemasThatShareTypesMakeSmallPrograms) {
  // Each record has the one before it three times, in a union of three: in place that would be 9^30 steps.
  std::string fields = R"({"name":"f0","type":{"type":"record","name":"R0","fields":[{"name":"x","type":"int"}]}})";
  for (int i = 1; i <= 30; ++i) {
    const std::string before = "R" + std::to_string(i - 1);
    const std::string inner = R"([")" + before + R"(",{"type":"record","name":"Q)" + std::to_string(i) +
                              // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
                              R"(","fields":[{"name":"a","type":")" + before + R"("}]}, "null"])";
    fields += R"(,{"name":"f)" + std::to_string(i) + R"(","type":["null",{"type":"record","name":"R)" +
              // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
              std::to_string(i) + R"(","fields":[{"name":"a","type":)" + inner + R"(},{"name":"b","type":")" + before +
              // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
              R"("},{"name":"c","type":")" + before + R"("}]}]})";
  }
  std::string path = "f30";
  for (int i = 0; i < 30; ++i) path += ".a";
  AvroRun run(R"({"type":"record","name":"Top","fields":[)" + fields + "]}", {path, "f0.x"});
  EXPECT_EQ(run.slots("0a" + std::string(60, '0')), "-, integer 5");
}

}  // namespace
}  // namespace loom::decode
