#include "decode/json/message_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace loom::decode {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls): a false alarm
using ::testing::HasSubstr;

std::string named(std::string_view bytes, std::string_view what = "value") {
  const Reject reject = not_json(what, bytes, "a colon was expected (byte 4)");
  EXPECT_EQ(reject.reason, RejectReason::invalid_json);
  return reject.message;
}

TEST(JsonPart, IsWhatStandsBetweenAMarkAndNulBytes) {
  EXPECT_EQ(json_part("{}").text, "{}");
  EXPECT_EQ(json_part("\xEF\xBB\xBF{}").text, "{}");
  EXPECT_EQ(json_part("\xEF\xBB\xBF{}").skipped, 3U);
  EXPECT_EQ(json_part("{}\0\0"sv).text, "{}");
  EXPECT_EQ(json_part("{}\n\0\n"sv).text, "{}");
  EXPECT_EQ(json_part("\xEF\xBB\xBF{} \0"sv).text, "{}");
  EXPECT_EQ(json_part("{} ").text, "{} ");
  EXPECT_EQ(json_part("\0\0"sv).text, "");
  EXPECT_EQ(json_part("{}\0x"sv).text, "{}\0x"sv);
}

TEST(NotJson, ARegistrysFramingIsNamedWithItsSchema) {
  EXPECT_THAT(named("\0{\"id\":1}"sv), ::testing::Not(HasSubstr("registry"))) << "one NUL too many, no schema";
  EXPECT_EQ(named("\0\0\0\0\x07{\"a\":1}"sv),
            "the value begins with a schema registry's framing (schema 7): this topic's messages are in a registry's "
            "format (Avro, Protobuf or JSON Schema), not plain JSON");
  EXPECT_THAT(named("\0\0\x01\0\0\x02xy"sv), HasSubstr("(schema 65536)"));
  EXPECT_THAT(named("\0\0\0\0\0\0\0\0\x09\x02hi"sv), HasSubstr("(schema 9 in eight bytes"));
  EXPECT_THAT(named("\x03\0"
                    "0123456789abcdef"
                    "x"sv),
              HasSubstr("schema version 30313233343536373839616263646566 of AWS Glue"));
  EXPECT_THAT(named("\xC3\x01"
                    "01234567x"sv),
              HasSubstr("fingerprint 3031323334353637"));
  EXPECT_THAT(named("\0\0\0\0\x07{}"sv, "key"), HasSubstr("the key begins with a schema registry's framing (schema 7): "
                                                          "this topic's keys are"));
  for (const auto bytes : {"\0"sv, "\0\0\0\0\x07"sv, "\0\0\0\0\0{\"a\":1}"sv, "\x03{}"sv}) {
    EXPECT_EQ(named(bytes), "the value is not valid JSON: a colon was expected (byte 4)");
  }
}

TEST(NotJson, OtherEncodingsOfText) {
  EXPECT_THAT(named("\xFF\xFE{\0}\0"sv), HasSubstr("begins with the byte order mark of UTF-16 (little-endian)"));
  EXPECT_THAT(named("\xFE\xFF\0{\0}"sv), HasSubstr("UTF-16 (big-endian)"));
  EXPECT_THAT(named("\xFF\xFE\0\0{\0\0\0"sv), HasSubstr("UTF-32 (little-endian)"));
  EXPECT_THAT(named("\0\0\xFE\xFF\0\0\0{"sv), HasSubstr("UTF-32 (big-endian)"));
  EXPECT_THAT(named("{\0\"\0a\0\"\0"sv), HasSubstr("the value is UTF-16 (little-endian)"));
  EXPECT_THAT(named("\0{\0\"\0a"sv), HasSubstr("the value is UTF-16 (big-endian)"));
}

TEST(NotJson, FilesOfOtherKinds) {
  EXPECT_EQ(named("\x1F\x8B\x08\0\0"sv), "the value is data compressed by gzip, not JSON");
  EXPECT_THAT(named("\x28\xB5\x2F\xFD\x01"sv), HasSubstr("zstd"));
  EXPECT_THAT(named("\xAC\xED\0\x05sr"sv), HasSubstr("a serialized Java object"));
  EXPECT_THAT(named("Obj\x01\x02"sv), HasSubstr("an Avro file"));
}

TEST(NotJson, SeveralValuesAreToldFromABrokenOne) {
  EXPECT_EQ(named("{\"a\":1}\n{\"a\":\"}{\"}\n"),
            "the value holds 2 JSON values one behind the other (the second begins at byte 8), and a message has to be "
            "a single one");
  EXPECT_THAT(named("{}{}[1,{\"x\":\"\\\"\"}]"), HasSubstr("holds 3 JSON values"));
  EXPECT_THAT(named("\xEF\xBB\xBF{} {}\0"sv), HasSubstr("(the second begins at byte 6)"));
  for (const char* broken : {"{\"a\":1}\n{\"a\":", "{\"a\":1}}", "{\"a\":1},{\"a\":2}", "{\"a\":tru}{}", "{}x{}",
                             "{} 1", "{\"a\":1} \"x\"", "[1,2][3,]"}) {
    EXPECT_THAT(named(broken), HasSubstr("is not valid JSON: a colon")) << broken;
  }
}

}  // namespace
}  // namespace loom::decode
