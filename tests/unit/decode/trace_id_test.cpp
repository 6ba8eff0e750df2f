#include "decode/trace_id.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace loom {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kId = "4bf92f3577b34da6a3ce929d0e0e4736";

const MessageBacking kBacking{[](void*) noexcept {},
                              [](const void* headers) { return *static_cast<const std::vector<Header>*>(headers); }};

std::string trace_id(std::vector<Header> headers, std::string_view value = {}) {
  Message message(&kBacking, &headers);
  message.value = value;
  message.has_value = true;
  return trace_id_of(message);
}

TEST(TraceIdTest, ComesFromTheTraceContextHeader) {
  EXPECT_EQ(trace_id({{"other", "x"}, {"traceparent", kParent}}), kId);
  EXPECT_EQ(trace_id({{"TraceParent", kParent}}), kId);
  EXPECT_EQ(trace_id({{"trace_id", "mine"}, {"traceparent", kParent}}, R"({"trace_id": "value's"})"), kId);
}

TEST(TraceIdTest, LaterVersionsMayGoOn) {
  const std::string later = "01" + std::string(kParent.substr(2));
  EXPECT_EQ(trace_id({{"traceparent", later}}), kId);
  EXPECT_EQ(trace_id({{"traceparent", later + "-what-comes"}}), kId);
  EXPECT_EQ(trace_id({{"traceparent", later + "what"}}), "");
}

TEST(TraceIdTest, AWrongTraceContextIsNone) {
  for (const auto wrong :
       {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"sv,  // version 00 ends there
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"sv,       // no version
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"sv,       // upper case
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01"sv,       // no trace
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"sv,       // no parent
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"sv,       // no flags
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"sv, "00-4bf92f3577b34da6a3ce929d0e0e4736"sv, ""sv}) {
    EXPECT_EQ(trace_id({{"traceparent", wrong}}), "") << wrong;
    EXPECT_EQ(trace_id({{"traceparent", wrong}, {"trace_id", "mine"}}), "mine") << wrong;
  }
}

TEST(TraceIdTest, ComesFromTheNextBestPlace) {
  EXPECT_EQ(trace_id({{"trace_id", "mine"}}, R"({"trace_id": "value's"})"), "mine");
  EXPECT_EQ(trace_id({{"trace_id", ""}}, R"({"trace_id": "value's"})"), "value's");
  EXPECT_EQ(trace_id({{"trace_id", "", false}}, R"({"a": {"trace_id": "deep"}, "trace_id": "a-\u0062"})"), "a-b");
}

TEST(TraceIdTest, IsVisibleAsciiOfBoundedLength) {
  const std::string longest(kTraceIdMax, 'x');
  EXPECT_EQ(trace_id({{"trace_id", longest}}), longest);
  for (const std::string& bad : {longest + "x", std::string("a b"), std::string("a\nb"), std::string("a\0b", 3),
                                 std::string("gr\xC3\xBC\xC3\x9F"), std::string("\xFF"), std::string("\x1b[31m")}) {
    EXPECT_EQ(trace_id({{"trace_id", bad}}), "");
  }
  EXPECT_EQ(trace_id({}, R"({"trace_id": "a\nb"})"), "");
  EXPECT_EQ(trace_id({}, R"({"trace_id": ")" + longest + R"(x"})"), "");
}

TEST(TraceIdTest, AValueWithoutATopLevelStringHasNone) {
  for (const auto value :
       {""sv, "null"sv, "7"sv, "[]"sv, R"(["trace_id"])"sv, R"("trace_id")"sv, R"({"trace_id": 7})"sv,
        R"({"trace_id": null})"sv, R"({"trace_id": {"trace_id": "deep"}})"sv, R"({"a": {"trace_id": "deep"}})"sv,
        R"({"a": "trace_id"})"sv, R"({"trace_id")"sv, R"({"trace_id":)"sv, R"({"trace_id": "half)"sv,
        R"({"a": 1, "trace_id": "half\")"sv, "{\"trace_id\": \"\xFF\"}"sv}) {
    EXPECT_EQ(trace_id({}, value), "") << value;
  }
}

TEST(TraceIdTest, AMessageThatIsCutOffBehindItsTraceStillHasIt) {
  for (const auto cut : {R"({"trace_id": "abc", "value": [1, 2)"sv, R"({"trace_id": "abc", "note": "ha)"sv,
                         R"({"trace_id": "abc",)"sv, R"({"trace_id": "abc")"sv}) {
    EXPECT_EQ(trace_id({}, cut), "abc") << cut;
  }
}

TEST(TraceIdTest, NoBytesAreTooMuch) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string good = R"({"a": [1, {"b": "x\u00e4"}], "trace_id": "abc", "c": 1e5})";
  for (int round = 0; round < 20'000; ++round) {
    std::string value = good.substr(0, random() % (good.size() + 1));
    for (std::uint64_t changes = random() % 4; changes > 0 && !value.empty(); --changes) {
      value[random() % value.size()] = static_cast<char>(random());
    }
    const std::string id = trace_id({{"traceparent", value}}, value);
    ASSERT_LE(id.size(), kTraceIdMax);
    for (const char c : id) ASSERT_TRUE(c > ' ' && c <= '~') << value;
  }
  const std::string deep(100'000, '[');
  EXPECT_EQ(trace_id({}, deep + "\"trace_id\""), "");
  EXPECT_EQ(trace_id({}, R"({"a": )" + deep + R"(, "trace_id": "abc"})"), "");
}

}  // namespace
}  // namespace loom
