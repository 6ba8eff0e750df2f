// Elements of lists that are wanted by their places.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "decode/json/json_decoder.h"
#include "mapping/paths.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;

/// Wanted paths in the order of their slots; `*` in front: its list's elements are wanted one by one.
WantedPaths paths_for(const std::vector<std::string>& paths) {
  WantedPaths made;
  for (const std::string& path : paths) {
    const bool elements = path.starts_with('*');
    const auto slot = mapping::add_slot(made.tree, elements ? path.substr(1) : path);
    made.wishes.resize(std::max<std::size_t>(made.wishes.size(), slot + 1U));
    made.wishes[slot].elements = elements;
  }
  return made;
}

std::string in_words(const Value& value) {
  switch (value.kind) {
    case Kind::absent:
      return "-";
    case Kind::string:
      return "'" + std::string(value.text) + "'";
    default:
      return std::string(value.text);
  }
}

std::string slots_of(JsonDecoder& decoder, std::size_t slots) {
  std::string all;
  for (std::size_t i = 0; i < slots; ++i) all += (i == 0 ? "" : " ") + in_words(decoder.values().slot(i));
  return all;
}

std::string decode(const std::vector<std::string>& paths, std::string_view text) {
  JsonDecoder decoder({.message = paths_for(paths)});
  if (const auto reject = decoder.decode(text)) return reject->message;
  return slots_of(decoder, paths.size());
}

TEST(ElementsByPlace, AreFoundFromTheFrontAndFromTheEnd) {
  EXPECT_EQ(decode({"a[0]", "a[2]", "a[3]", "a[-1]", "a[-3]", "a[-4]"}, R"({"a":[1,"t\tb",{"x":[]}]})"),
            "1 {\"x\":[]} - {\"x\":[]} 1 -");
  EXPECT_EQ(decode({"a[0]", "a[-1]"}, R"({"a":["o\n"]})"), "'o\n' 'o\n'");
  EXPECT_EQ(decode({"a[0]", "a[-1]"}, R"({"a":[]})"), "- -");
  EXPECT_EQ(decode({"a[0]", "a[-1]"}, R"({"a":{"0":1}})"), "- -");
  EXPECT_EQ(decode({"a[0]"}, R"({"a":"[1]"})"), "-");
}

TEST(ElementsByPlace, FieldsInsideThemAndListsInsideThem) {
  EXPECT_EQ(decode({"a[0].k", "a[-1].k", "a[1][0]", "a[1][-1][0]"}, R"({"a":[{"k":1},[2,[3]],{"k":"\u0041"}]})"),
            "1 'A' 2 3");
  EXPECT_EQ(decode({"a.k", "a[0]", "a"}, R"({"a":{"k":1}})"), "1 - {\"k\":1}");
  EXPECT_EQ(decode({"a.k", "a[0]", "a"}, R"({"a":[5]})"), "- 5 [5]");
}

TEST(ElementsByPlace, ANameThatLooksLikeOneIsWrittenInQuotes) {
  EXPECT_EQ(decode({"\"a[0]\"", "a[0]"}, R"({"a[0]":1,"a":[2]})"), "1 2");
}

TEST(ElementsByPlace, AKeyThatComesAgainTakesBackWhatItsFirstValueLeft) {
  EXPECT_EQ(decode({"a[0].x", "a[-1]", "a[0]"}, R"({"a":[{"x":1},2],"a":[]})"), "- - -");
  EXPECT_EQ(decode({"a[0].x", "a[-1]"}, R"({"a":[{"x":1},2],"a":5})"), "- -");
  EXPECT_EQ(decode({"a[0].x", "a[1].x"}, R"({"a":[{"x":1},{"x":2}],"a":[{"y":3}]})"), "- -");
}

TEST(ElementsByPlace, TheWholeOfTheListIsChecked) {
  for (const char* text : {R"({"a":[1,tru]})", R"({"a":[1,2})", R"({"a":[1 2]})", R"({"a":[1,]})", R"({"a":["\x"]})",
                           R"({"a":[1,{"b":]})", R"({"a":[1)"}) {
    EXPECT_NE(decode({"a[0]"}, text).find("not valid JSON"), std::string::npos) << text;
    EXPECT_NE(decode({"a[-1]"}, text).find("not valid JSON"), std::string::npos) << text;
  }
}

TEST(ElementsByPlace, BesideTheElementsOfAnArrayColumnAndOfAnArrayMapping) {
  auto paths = paths_for({"*a", "a[0].k", "a[-1].k"});
  paths.tree.nodes[mapping::add_node(paths.tree, "a")].array = 0;
  paths.tree.nodes[mapping::add_node(paths.tree, "a[0].l")].array = 1;
  JsonDecoder decoder({.message = paths, .elements = {paths_for({"k", "l[1]"}), paths_for({""})}});
  ASSERT_FALSE(decoder.decode(R"({"a":[{"k":"1\t","l":[7,"\n"]},{"k":2}]})"));
  EXPECT_EQ(decoder.values().slot(0).count, 2U);
  EXPECT_EQ(in_words(decoder.values().slot(1)), "'1\t'");
  EXPECT_EQ(in_words(decoder.values().slot(2)), "2");
  ASSERT_EQ(decoder.values().array(0).count, 2U);
  EXPECT_EQ(in_words(decoder.values().element_slots_of(0, 0)[0]), "'1\t'");
  EXPECT_EQ(in_words(decoder.values().element_slots_of(0, 0)[1]), "'\n'");
  ASSERT_EQ(decoder.values().array(1).count, 2U);
  EXPECT_EQ(in_words(decoder.values().element_slots_of(1, 0)[0]), "7");
  ASSERT_FALSE(decoder.decode(R"({"a":[{"l":[1]}],"a":[{"k":3}]})"));
  EXPECT_EQ(decoder.values().array(1).count, 0U);
}

TEST(ElementsByPlace, AStringThatIsReadManyTimesStaysWhereItWas) {
  // Every list here is read for its array column, for its array mapping and for its elements.
  auto paths = paths_for({"*a", "*a[0]", "*a[0][0]", "a[0][0][0]", "a[-1]", "a[-1][-1]", "a[-1][-1][-1]"});
  for (const char* list : {"a", "a[0]", "a[0][0]"}) {
    auto& node = paths.tree.nodes[mapping::add_node(paths.tree, list)];
    node.array = static_cast<std::int16_t>(list == std::string("a") ? 0 : list == std::string("a[0]") ? 1 : 2);
  }
  JsonDecoder decoder(
      {.message = paths, .elements = {paths_for({"*[0]", "[0][0]"}), paths_for({"*", "[0]"}), paths_for({""})}});
  for (const std::size_t length : {10U, 5000U}) {
    const std::string text = std::string(length, 'x') + "\n";
    const std::string json = R"({"a":[[[")" + std::string(length, 'x') + R"(\n"]]]})";
    ASSERT_FALSE(decoder.decode(json));
    EXPECT_EQ(decoder.values().slot(3).text, text);
    EXPECT_EQ(decoder.values().slot(6).text, text);
    EXPECT_EQ(decoder.values().elements_of(decoder.values().slot(2))[0].text, text);
    EXPECT_EQ(decoder.values().element_slots_of(0, 0)[1].text, text);
    EXPECT_EQ(decoder.values().element_slots_of(1, 0)[1].text, text);
    EXPECT_EQ(decoder.values().element_slots_of(2, 0)[0].text, text);
  }
}

TEST(ElementsByPlace, TheMessageItselfAsTheList) {
  auto paths = paths_for({"[0].x", "[-1]"});
  paths.tree.nodes[0].array = 0;
  JsonDecoder decoder({.message = paths, .elements = {paths_for({"x"})}});
  ASSERT_FALSE(decoder.decode(R"([{"x":1},{"x":2}])"));
  EXPECT_EQ(slots_of(decoder, 2), R"(1 {"x":2})");
  ASSERT_EQ(decoder.values().array(0).count, 2U);
  EXPECT_EQ(in_words(decoder.values().element_slots_of(0, 1)[0]), "2");
  ASSERT_FALSE(decoder.decode(R"({"x":1})"));
  EXPECT_EQ(decoder.values().array(0).value.kind, Kind::object);
  ASSERT_TRUE(decoder.decode("[1"));
}

/// A random JSON value and, beside it, what each path finds in it.
class Grower {
 public:
  explicit Grower(unsigned seed) : random_(seed) {}

  std::string grow(int depth) {
    const unsigned what = roll(depth > 3 ? 2 : 5);
    if (what == 0) return std::to_string(roll(100));
    if (what == 1) return "\"\\u0041" + std::to_string(roll(10)) + "\"";
    const unsigned size = roll(4);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      if (i > 0) text += roll(2) == 0 ? "," : " , ";
      if (what == 2) text += std::string("\"") + static_cast<char>('a' + roll(2)) + "\":";
      text += grow(depth + 1);
    }
    return what == 2 ? "{" + text + "}" : "[" + text + "]";
  }
  std::string path() {
    std::string made(1, static_cast<char>('a' + roll(2)));
    for (unsigned i = roll(4); i > 0; --i) {
      if (roll(3) == 0) {
        made += std::string(".") + static_cast<char>('a' + roll(2));
      } else {
        made += "[" + std::to_string(static_cast<int>(roll(5)) - 2) + "]";
      }
    }
    return made;
  }

 private:
  unsigned roll(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

  std::mt19937 random_;
};

/// What a decoder finds that does one step after the other, each with a pass of its own.
std::optional<std::string> step_by_step(std::string text, const std::string& path) {
  for (const auto& step : mapping::split_path(path)) {
    if (step.index) {
      WantedPaths list;
      list.tree.nodes[0].slot = 0;
      list.tree.slots = 1;
      list.wishes = {{.elements = true}};
      JsonDecoder decoder({.message = list});
      if (decoder.decode_any(text)) return "broken";
      const Value& found = decoder.values().slot(0);
      const std::int64_t at = *step.index < 0 ? *step.index + std::int64_t{found.count} : *step.index;
      if (found.kind != Kind::array || at < 0 || at >= found.count) return std::nullopt;
      const Value& element = decoder.values().elements_of(found)[at];
      text = element.kind == Kind::string ? '"' + std::string(element.text) + '"' : std::string(element.text);
    } else {
      JsonDecoder decoder({.message = paths_for({step.name})});
      if (decoder.decode(text)) return std::nullopt;
      const Value& field = decoder.values().slot(0);
      if (field.kind == Kind::absent) return std::nullopt;
      text = field.kind == Kind::string ? '"' + std::string(field.text) + '"' : std::string(field.text);
    }
  }
  return text;
}

TEST(ElementsByPlace, ManyPathsAtOnceFindWhatEachFindsAlone) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Grower grower(seed);
    std::vector<std::string> paths;
    mapping::PathTree known;
    for (int i = 0; i < 6; ++i) {
      std::string path = grower.path();
      const std::uint16_t before = known.slots;
      mapping::add_slot(known, path);
      if (known.slots != before) paths.push_back(std::move(path));
    }
    JsonDecoder decoder({.message = paths_for(paths)});
    for (int message = 0; message < 4; ++message) {
      const std::string text = R"({"a":)" + grower.grow(0) + R"(,"b":)" + grower.grow(0) + "}";
      ASSERT_FALSE(decoder.decode(text)) << text;
      for (std::size_t i = 0; i < paths.size(); ++i) {
        const Value& value = decoder.values().slot(i);
        const auto expected = step_by_step(text, paths[i]);
        std::string found;
        if (value.kind != Kind::absent) found = value.text;
        if (value.kind == Kind::string) found = std::string("\"").append(found).append("\"");
        ASSERT_EQ(value.kind != Kind::absent, expected.has_value())
            << "seed " << seed << " " << paths[i] << " " << text;
        ASSERT_EQ(found, expected.value_or("")) << "seed " << seed << " " << paths[i] << " " << text;
      }
    }
  }
}

}  // namespace
}  // namespace loom::decode
