#include "decode/json/json_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace loom::decode {
namespace {

using Kind = Value::Kind;

/// Wanted paths in the order of their slots; `path[]`: its list's elements are wanted.
WantedPaths wanted(const std::vector<std::string>& paths) {
  WantedPaths made;
  for (std::string path : paths) {
    const bool elements = path.ends_with("[]");
    if (elements) path.resize(path.size() - 2);
    std::uint16_t at = 0;
    while (!path.empty()) {
      const std::size_t dot = path.find('.');
      const std::string key = path.substr(0, dot);
      path = dot == std::string::npos ? "" : path.substr(dot + 1);
      auto& children = made.tree.nodes[at].children;
      const auto found = std::ranges::find(children, key, &mapping::PathNode::Child::key);
      if (found != children.end()) {
        at = found->node;
        continue;
      }
      const auto node = static_cast<std::uint16_t>(made.tree.nodes.size());
      children.push_back({key, node});
      made.tree.nodes.emplace_back();
      at = node;
    }
    made.tree.nodes[at].slot = static_cast<std::int16_t>(made.tree.slots++);
    made.wishes.push_back({.elements = elements});
  }
  return made;
}

std::string shown(const Value& value) {
  switch (value.kind) {
    case Kind::absent:
      return "absent";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean ? "true" : "false";
    case Kind::string:
      return "'" + std::string(value.text) + "'";
    default:
      return std::string(value.text);
  }
}

class JsonDecoderTest : public ::testing::Test {
 protected:
  /// Decodes and shows the slots, or the reject's reason.
  std::string decode(JsonDecoder& decoder, std::string_view text, std::size_t slots) {
    if (const auto reject = decoder.decode(text)) {
      message_ = reject->message;
      return std::string(to_string(reject->reason));
    }
    std::string all;
    for (std::size_t i = 0; i < slots; ++i) all += (i == 0 ? "" : " ") + shown(decoder.values().slot(i));
    return all;
  }
  std::string decode(const std::vector<std::string>& paths, std::string_view text) {
    JsonDecoder decoder({.message = wanted(paths)});
    return decode(decoder, text, paths.size());
  }

  std::string message_;
};

TEST_F(JsonDecoderTest, ValuesOfEveryKindAreFoundByTheirPaths) {
  EXPECT_EQ(decode({"s", "n", "t", "f", "z", "l", "o", "d.e.f", "missing"},
                   R"( { "o" : {"a": [1, {}]} , "s":"text","n":-1.5e3 ,"t":true,"f" : false,"z":null,"l":[ 1, 2 ],
                         "d":{"x":0,"e":{"f":"deep"}} } )"),
            R"('text' -1.5e3 true false null [ 1, 2 ] {"a": [1, {}]} 'deep' absent)");
}

TEST_F(JsonDecoderTest, AnObjectAndAFieldInsideItAreBothTaken) {
  EXPECT_EQ(decode({"data", "data.audio"}, R"({"data":{"audio":"x","n":1}})"), R"({"audio":"x","n":1} 'x')");
  EXPECT_EQ(decode({"data", "data.audio"}, R"({"data":"plain"})"), "'plain' absent");
}

TEST_F(JsonDecoderTest, OfDuplicateKeysTheLastWins) {
  EXPECT_EQ(decode({"a"}, R"({"a":1,"a":2})"), "2");
  EXPECT_EQ(decode({"a"}, R"({"a":1,"a":null})"), "null");
  EXPECT_EQ(decode({"d", "d.x", "d.y"}, R"({"d":{"x":1},"d":{"y":2}})"), R"({"y":2} absent 2)");
  EXPECT_EQ(decode({"d", "d.x"}, R"({"d":{"x":1},"d":5})"), "5 absent");
  EXPECT_EQ(decode({"d.e.f", "d.g"}, R"({"d":{"e":{"f":1},"g":2},"d":{"e":{}}})"), "absent absent");
  EXPECT_EQ(decode({"d.x"}, R"({"d":{"x":1},"d":null})"), "absent");
}

TEST_F(JsonDecoderTest, KeysAndStringsWithEscapes) {
  EXPECT_EQ(decode({"name", "a\"b"}, R"({"n\u0061me":"tab\there","a\"b":1})"), "'tab\there' 1");
  EXPECT_EQ(decode({"a\\u0061"}, R"({"a\u0061":1})"), "absent");
  EXPECT_EQ(decode({"a\\u0061"}, R"({"a\\u0061":1})"), "1");
  EXPECT_EQ(decode({"\xC3\xA9"}, "{\"\\u00e9\":\"\\ud83d\\ude00\"}"), "'\xF0\x9F\x98\x80'");
}

TEST_F(JsonDecoderTest, FieldsInAnotherOrderThanLastTime) {
  JsonDecoder decoder({.message = wanted({"a", "b", "c", "d.x", "d.y"})});
  EXPECT_EQ(decode(decoder, R"({"a":1,"b":2,"c":3,"d":{"x":4,"y":5}})", 5), "1 2 3 4 5");
  EXPECT_EQ(decode(decoder, R"({"d":{"y":5,"x":4},"c":3,"b":2,"a":1})", 5), "1 2 3 4 5");
  EXPECT_EQ(decode(decoder, R"({"q":0,"c":3,"r":0,"a":1})", 5), "1 absent 3 absent absent");
  std::mt19937 random(1);
  std::vector<std::string> fields{R"("a":1)", R"("b":2)", R"("c":3)", R"("d":{"y":5,"x":4})", R"("e":[{"a":9}])"};
  for (int i = 0; i < 200; ++i) {
    std::ranges::shuffle(fields, random);
    std::string text;
    for (const auto& field : fields) text += (text.empty() ? "{" : ",") + field;
    EXPECT_EQ(decode(decoder, text + "}", 5), "1 2 3 4 5") << text;
  }
}

TEST_F(JsonDecoderTest, KeysThatDifferOnlyInTheMiddle) {
  EXPECT_EQ(decode({"temperature_a_celsius", "temperature_b_celsius"}, R"({"temperature_b_celsius":2})"), "absent 2");
}

TEST_F(JsonDecoderTest, InvalidTextsAreRejectedWhereverTheFlawIs) {
  const std::vector<std::string> texts{"{",
                                       "}",
                                       "[",
                                       R"({"a":1)",
                                       R"({"a":)",
                                       R"({"a")",
                                       R"({"a":1,})",
                                       R"({,"a":1})",
                                       R"({"a" 1})",
                                       R"({"a":1 "b":2})",
                                       R"({"a":1}})",
                                       R"({"a":1} x)",
                                       R"({"a":1}{})",
                                       R"({"a":1} 2)",
                                       R"({a:1})",
                                       R"({'a':1})",
                                       R"({"a":tru})",
                                       R"({"a":True})",
                                       R"({"a":nul})",
                                       R"({"a":NaN})",
                                       R"({"a":Infinity})",
                                       R"({"a":01})",
                                       R"({"a":1.})",
                                       R"({"a":.5})",
                                       R"({"a":+1})",
                                       R"({"a":1e})",
                                       R"({"a":0x10})",
                                       R"({"a":"x})",
                                       R"({"a":"x\q"})",
                                       R"({"a":"\ud800"})",
                                       R"({"a":"\udc00\ud800"})",
                                       R"({"a":"x"y})",
                                       R"({"a":1"x"})",
                                       R"({"a":[1,]})",
                                       R"({"a":[1 2]})",
                                       R"({"a":[1})",
                                       R"({"a":{"b":1]})",
                                       R"({"a":[}]})",
                                       R"({"a":[1,2)",
                                       R"({"a":{"b"}})",
                                       R"({"a":{"b":}})",
                                       R"({"a":{1:2}})",
                                       R"({"a":[tru]})",
                                       R"({"a":{"b":"\x"}})",
                                       R"({"a":{"\x":1}})",
                                       R"({"\x":1})",
                                       "{\"a\":\"\xFF\"}",
                                       "{\"a\":\"\xC3\"}",
                                       "{\"\xED\xA0\x80\":1}",
                                       "{\"a\":\"line\nbreak\"}",
                                       std::string("{\"a\":\"\0\"}", 9),
                                       "{\"a\":1}\f",
                                       " ",
                                       "nul",
                                       R"("open)",
                                       "{]",
                                       "[}",
                                       R"([1,2}])",
                                       "{\"a\":true\x01}",
                                       R"({"a":1,"b"})",
                                       R"({"a":truefalse})",
                                       R"({"a":true false})",
                                       R"({"a":--1})",
                                       R"(["a":1])",
                                       R"({"a":{}"b":1})",
                                       R"({"a":[]"b"})",
                                       R"({"a":{},})",
                                       R"({"a":[],})",
                                       R"({"a":[[],]})",
                                       R"({"a"::1})",
                                       "{:}",
                                       "{,}"};
  for (const auto& text : texts) {
    // Mapped or not, an invalid value must not pass.
    EXPECT_EQ(decode({"a"}, text), "invalid_json") << text;
    EXPECT_EQ(decode({"other"}, text), "invalid_json") << text;
    EXPECT_EQ(decode({"a.b", "a"}, text), "invalid_json") << text;
    EXPECT_EQ(decode({"a[]"}, text), "invalid_json") << text;
  }
}

TEST_F(JsonDecoderTest, EveryPrefixOfAMessageIsInvalid) {
  const std::string whole = R"({"a":{"b":[1,{"c":"x\ny"},null,true],"d":-1.5e3},"e":"\u0041"})";
  JsonDecoder decoder({.message = wanted({"a.b[]", "a.d", "e"})});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(decode(decoder, std::string_view(whole).substr(0, size), 3), "invalid_json") << size;
  }
  EXPECT_EQ(decode(decoder, whole, 3), R"([1,{"c":"x\ny"},null,true] -1.5e3 'A')");
}

TEST_F(JsonDecoderTest, AValidRootThatIsNoObject) {
  for (const char* text : {"[]", "[1,{}]", "1", "\"x\"", "null", "true", " -1.5 "}) {
    EXPECT_EQ(decode({"a"}, text), "not_an_object") << text;
  }
}

TEST_F(JsonDecoderTest, NestingIsLimitedNotRecursive) {
  const auto nested = [](std::size_t depth, const std::string& open, const std::string& close) {
    std::string text = R"({"a":)";
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text + "}";
  };
  for (const char* path : {"a", "other", "a[]", "a.k.k.k"}) {
    EXPECT_NE(decode({path}, nested(999, "[", "]")), "invalid_json") << path;
    EXPECT_NE(decode({path}, nested(999, R"({"k":)", "}")), "invalid_json") << path;
    EXPECT_EQ(decode({path}, nested(1000, "[", "]")), "invalid_json") << path;
    EXPECT_NE(message_.find("deeper than 1000"), std::string::npos) << message_;
    EXPECT_EQ(decode({path}, nested(1000, R"({"k":)", "}")), "invalid_json") << path;
    EXPECT_EQ(decode({path}, nested(100'000, "[", "]")), "invalid_json") << path;
    EXPECT_EQ(decode({path}, nested(100'000, R"({"k":)", "}")), "invalid_json") << path;
    EXPECT_EQ(decode({path}, std::string(100'000, '[')), "invalid_json") << path;
  }
}

TEST_F(JsonDecoderTest, AVeryLongPathDoesNotRecurseFurtherThanMessagesMay) {
  std::string path = "k";
  for (int i = 0; i < 30'000; ++i) path += ".k";
  std::string open;
  for (int i = 0; i < 100'000; ++i) open += R"({"k":)";
  EXPECT_EQ(decode({path}, open + "1" + std::string(100'000, '}')), "invalid_json");
}

TEST_F(JsonDecoderTest, AMessageOfTenMegabytes) {
  JsonDecoder decoder({.message = wanted({"list[]", "text", "last"})});
  std::string text = R"({"list":[)";
  for (int i = 0; i < 500'000; ++i) text += "12,";
  text += R"(1],"text":")" + std::string(8'000'000, 'x') + R"(\n","last":5})";
  ASSERT_FALSE(decoder.decode(text));
  EXPECT_EQ(decoder.values().slot(0).count, 500'001U);
  EXPECT_EQ(decoder.values().slot(1).text.size(), 8'000'001U);
  EXPECT_EQ(decoder.values().slot(2).text, "5");
  EXPECT_EQ(decode(decoder, R"({"last":6})", 3), "absent absent 6");
}

TEST_F(JsonDecoderTest, ElementsOfWantedLists) {
  JsonDecoder decoder({.message = wanted({"a[]", "b[]"})});
  ASSERT_FALSE(decoder.decode(R"({"a":[1,"x\ty",null,[2,3],{"k":4},true],"b":[]})"));
  std::string all;
  for (std::uint32_t i = 0; i < decoder.values().slot(0).count; ++i)
    all += shown(decoder.values().elements_of(decoder.values().slot(0))[i]) + ";";
  EXPECT_EQ(all, "1;'x\ty';null;[2,3];{\"k\":4};true;");
  EXPECT_EQ(decoder.values().slot(1).count, 0U);
  ASSERT_FALSE(decoder.decode(R"({"a":[1],"a":"no list"})"));
  EXPECT_EQ(shown(decoder.values().slot(0)), "'no list'");
}

TEST_F(JsonDecoderTest, ElementsOfArrayMappings) {
  auto paths = wanted({"words[]", "n"});
  paths.tree.nodes[1].array = 0;  // `words`
  JsonDecoder decoder({.message = paths, .elements = {wanted({"w", "at.x", ""})}});
  ASSERT_FALSE(decoder.decode(R"({"words":[{"w":"a\n","at":{"x":1}},5,{"at":{}},null],"n":1})"));
  const auto& array = decoder.values().array(0);
  ASSERT_EQ(array.count, 4U);
  std::string all;
  for (std::uint32_t e = 0; e < array.count; ++e) {
    const Value* slots = decoder.values().element_slots_of(0, e);
    all += shown(slots[0]) + "," + shown(slots[1]) + "," + shown(slots[2]) + ";";
  }
  EXPECT_EQ(all, "'a\n',1,absent;absent,absent,5;absent,absent,absent;absent,absent,null;");
  EXPECT_EQ(decoder.values().slot(0).count, 4U);
  EXPECT_EQ(shown(decoder.values().elements_of(decoder.values().slot(0))[0]), R"({"w":"a\n","at":{"x":1}})");
  ASSERT_FALSE(decoder.decode(R"({"words":[{"w":1},{"w":2}],"words":[{"w":3}]})"));
  ASSERT_EQ(decoder.values().array(0).count, 1U);
  EXPECT_EQ(shown(decoder.values().element_slots_of(0, 0)[0]), "3");
  ASSERT_FALSE(decoder.decode(R"({"words":[{"w":1}],"words":{"w":2}})"));
  EXPECT_EQ(decoder.values().array(0).count, 0U);
  EXPECT_EQ(decoder.values().array(0).value.kind, Kind::object);
  ASSERT_FALSE(decoder.decode(R"({"n":1})"));
  EXPECT_EQ(decoder.values().array(0).value.kind, Kind::absent);
}

TEST_F(JsonDecoderTest, NulIsKnownWhereItStands) {
  JsonDecoder decoder({.message = wanted({"a", "b", "c", "d.x", "d", "e[]"})});
  ASSERT_FALSE(decoder.decode(
      R"({"a":"x\u0000","b":"x\\u0000","c":{"k":["\u0000"]},"d":{"x":1,"y":{"\u0000":1}},"e":["a","\u0000"]})"));
  EXPECT_TRUE(decoder.values().slot(0).nul);
  EXPECT_FALSE(decoder.values().slot(1).nul);
  EXPECT_TRUE(decoder.values().slot(2).nul);
  EXPECT_FALSE(decoder.values().slot(3).nul);
  EXPECT_TRUE(decoder.values().slot(4).nul);
  EXPECT_TRUE(decoder.values().slot(5).nul);
  EXPECT_FALSE(decoder.values().elements_of(decoder.values().slot(5))[0].nul);
  EXPECT_TRUE(decoder.values().elements_of(decoder.values().slot(5))[1].nul);
  ASSERT_FALSE(decoder.decode(R"({"a":"x","c":{"k":1},"d":{},"e":[]})"));
  for (std::size_t i : {0U, 2U, 4U, 5U}) EXPECT_FALSE(decoder.values().slot(i).nul) << i;
  EXPECT_FALSE(decoder.values().root.nul);
}

TEST_F(JsonDecoderTest, MutatedMessagesNeverCrash) {
  const std::string seed =
      R"({"a":{"b":[1,{"c":"x\ny"},null,true],"d":-1.5e3},"e":"\u0041","w":[{"k":"\ud83d\ude00"}]})";
  static constexpr std::string_view kLikely = "{}[]:,\"\\u0123456789eE+-.tfn \n\xC3\xFF";
  auto paths = wanted({"a.b[]", "a", "e"});
  paths.tree.nodes[0].children.push_back({"w", static_cast<std::uint16_t>(paths.tree.nodes.size())});
  paths.tree.nodes.emplace_back();
  paths.tree.nodes.back().array = 0;
  JsonDecoder decoder({.message = paths, .elements = {wanted({"k"})}});
  std::mt19937 random(3);
  int valid = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = seed;
    for (unsigned k = 0; k < 1 + random() % 4; ++k) {
      const std::size_t at = random() % text.size();
      const char c = kLikely[random() % kLikely.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + random() % 3);
          break;
      }
      if (text.empty()) text = "{";
    }
    valid += decoder.decode(text) ? 0 : 1;
  }
  EXPECT_GT(valid, 100);
}

}  // namespace
}  // namespace loom::decode
