#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decode/json/json_text.h"
#include "encode/convert_rules.h"
#include "mapping/column_types.h"

// Objects, lists and booleans for types that PostgreSQL reads as text only: each becomes the text that the type's input
// function takes. What cannot be one goes on as it is, and the server says what it thinks of it.
namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using decode::JsonWalk;

constexpr std::size_t kDeepest = 8;  // of shapes: a polygon's points in a list are three levels

/// Writes lists as a geometric type has them: `[[1,2],[3,4]]` as `((1,2),(3,4))`.
class Shape {
 public:
  /// `brackets`: of the outermost list, `()` inside.
  Shape(JsonWalk& walk, std::string_view brackets, ByteBuffer& out) : walk_(walk), brackets_(brackets), out_(out) {}

  bool value(std::size_t depth) {
    if (depth == kDeepest) return false;
    if (walk_.peek() == '[') return list(depth);
    if (walk_.peek() == '{') return point();
    Value number;
    if (!walk_.value(number) || (number.kind != Kind::number && number.kind != Kind::string)) return false;
    out_.append(number.text);
    return true;
  }

 private:
  bool list(std::size_t depth) {
    out_.append(depth == 0 ? brackets_[0] : '(');
    bool any = false;
    const auto element = [&] {
      if (std::exchange(any, true)) out_.append(',');
      return value(depth + 1);
    };
    if (!walk_.elements(element)) return false;
    out_.append(depth == 0 ? brackets_[1] : ')');
    return any;
  }

  /// `{"x": 1, "y": 2}`, in any order; Debezium's points have a `wkb` and a `srid` beside them.
  bool point() {
    Value x;
    Value y;
    Value other;
    const auto member = [&](std::string_view key) { return walk_.value(key == "x" ? x : key == "y" ? y : other); };
    if (!walk_.members(member) || !x.present() || !y.present()) return false;
    out_.append('(');
    out_.append(x.text);
    out_.append(',');
    out_.append(y.text);
    out_.append(')');
    return true;
  }

  JsonWalk& walk_;
  std::string_view brackets_;
  ByteBuffer& out_;
};

Conversion shape(const Value& value, std::string_view brackets, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::array && value.kind != Kind::object) return text(value, scratch, out);
  scratch.bytes.clear();
  if (!scratch.shape.open(value.text) || !Shape(scratch.shape, brackets, scratch.bytes).value(0)) {
    return text(value, scratch, out);
  }
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

void append_hstore_word(std::string_view word, std::string& out) {
  out += '"';
  for (const char c : word) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

/// `"a"=>"1","b"=>NULL`. Of equal names the last one wins, as everywhere; hstore itself would keep the first.
bool print_hstore(JsonWalk& walk, ByteBuffer& out) {
  std::vector<std::string> pairs;
  std::unordered_map<std::string, std::size_t> places;
  const auto member = [&](std::string_view key) {
    const auto [place, fresh] = places.try_emplace(std::string(key), pairs.size());
    if (fresh) pairs.emplace_back();
    std::string& pair = pairs[place->second];
    pair.clear();
    append_hstore_word(key, pair);
    Value value;
    if (!walk.value(value)) return false;
    pair += "=>";
    if (!value.present()) {
      pair += "NULL";
    } else {
      append_hstore_word(value.kind == Kind::boolean ? (value.boolean ? "true" : "false") : value.text, pair);
    }
    return true;
  };
  if (walk.peek() != '{' || !walk.members(member) || !walk.at_end()) return false;
  for (const std::string& pair : pairs) {
    if (out.size() != 0) out.append(',');
    out.append(std::string_view(pair));
  }
  return true;
}

}  // namespace

Conversion point(const Value& value, Scratch& scratch, Scalar& out) { return shape(value, "()", scratch, out); }

// Two corners stand side by side, without anything around them.
Conversion cube(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = shape(value, "()", scratch, out);
  if (value.kind != Kind::string && out.text.starts_with("((")) out.text = out.text.substr(1, out.text.size() - 2);
  return done;
}

Conversion path(const Value& value, Scratch& scratch, Scalar& out) { return shape(value, "[]", scratch, out); }

Conversion line(const Value& value, Scratch& scratch, Scalar& out) { return shape(value, "{}", scratch, out); }

Conversion circle(const Value& value, Scratch& scratch, Scalar& out) { return shape(value, "<>", scratch, out); }

// Also an object as text, as Debezium has them. hstore's own text never begins with a brace.
Conversion hstore(const Value& value, Scratch& scratch, Scalar& out) {
  const bool is_text = value.kind == Kind::string && value.text.starts_with('{');
  if (value.kind != Kind::object && !is_text) return text(value, scratch, out);
  if (value.nul) return Conversion::invalid_text;
  scratch.bytes.clear();
  if (!scratch.shape.open(value.text) || !print_hstore(scratch.shape, scratch.bytes)) return text(value, scratch, out);
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

Conversion bit(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::boolean) return text(value, scratch, out);
  out.text = value.boolean ? "1" : "0";
  return Conversion::ok;
}

Conversion json_parsed(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::string) return json(value, scratch, out);
  const Value* const inner = scratch.json_in(value.text);
  if (inner == nullptr) return Conversion::failed;
  if (inner->nul || value.nul) return json(*inner, scratch, out);
  out.text = value.text;  // a json column keeps it letter by letter
  return Conversion::ok;
}

}  // namespace loom::encode::rules

namespace loom::encode {

Convert other_conversion(const mapping::ColumnInfo& column) {
  static constexpr std::pair<std::string_view, Convert> kByName[] = {
      {"point", rules::point},   {"box", rules::point}, {"lseg", rules::point},     {"polygon", rules::point},
      {"cube", rules::cube},     {"path", rules::path}, {"line", rules::line},      {"circle", rules::circle},
      {"hstore", rules::hstore}, {"bit", rules::bit},   {"bit varying", rules::bit}};
  const std::string_view name = mapping::bare_type_name(column.type_name);
  const auto* const found = std::ranges::find(kByName, name, &std::pair<std::string_view, Convert>::first);
  return found == std::end(kByName) ? nullptr : found->second;
}

}  // namespace loom::encode
