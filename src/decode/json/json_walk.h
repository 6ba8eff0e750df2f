#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decode/json/json_text.h"
#include "decode/json/structural_index.h"
#include "decode/value.h"

namespace loom::decode {

/// Deeper nesting than this is refused as invalid: no producer means it, and whoever reads the row could not either.
inline constexpr unsigned kMaxDepth = 1000;

/// A cursor over the tokens of one JSON text that checks everything it passes over, wanted or not: an invalid value in
/// a field that nobody mapped still makes the message a dead letter. Never recursive.
/// Threads: one at a time.
/// Owns:    the token positions, and a buffer for strings that had escapes. The text must outlive the values.
/// Fails:   functions return false, and error() says what is wrong and where.
class JsonWalk {
 public:
  /// Indexes the text and stands before its first token.
  bool open(std::string_view text);

  /// The character that the current token begins with. Only while !at_end().
  [[nodiscard]] char peek() const { return base_[*next_]; }
  [[nodiscard]] bool at_end() const { return next_ == end_; }
  /// Past a token of one character: a bracket, brace, colon or comma.
  void step() { ++next_; }
  [[nodiscard]] const char* position() const { return base_ + *next_; }
  /// The end of the token of one character that was passed last.
  [[nodiscard]] const char* after_previous() const { return base_ + next_[-1] + 1; }

  /// Passes a string, escapes resolved. Only where peek() is a quote.
  bool string(Value& value);
  /// Passes an object's key and the colon behind it. The text of a key with escapes is valid until the next string.
  bool key(std::string_view& key);
  /// Passes any value; of arrays and objects `value` takes the JSON text. Whatever `value` held before is overwritten.
  bool value(Value& value);
  /// Passes any value that nobody wants.
  bool skip();
  /// Whether the depth allows one more level, and if so takes it.
  bool enter();
  void leave() { --depth_; }
  /// After an item: true at a comma, false at the closing character, which is passed too. `ok` is false when neither.
  bool another(char closing, bool& ok);

  /// Passes a list, where peek() is its bracket. `read` passes each element; its false ends it, and so does this one.
  template <typename Read>
  bool elements(const Read& read);
  /// Passes an object, where peek() is its brace. `read` gets each key and passes the value behind it.
  template <typename Read>
  bool members(const Read& read);

  /// A token's place. Its successors stand behind it.
  using Token = std::uint32_t;
  [[nodiscard]] const Token* mark() const { return next_; }
  /// Back to a mark, to read a list twice.
  void rewind(const Token* mark);
  /// Forward to a token.
  void seek(const Token* token) { next_ = token; }
  [[nodiscard]] char at(const Token* token) const { return base_[*token]; }
  /// The text of the key at this token, if there is one without escapes and a colon behind it. Moves nothing.
  bool plain_key(const Token* token, std::string_view& key);
  /// The string without escapes or the number at this token, if it is one. Moves nothing.
  bool plain_scalar(const Token* token, Value& value);

  /// How many `\u0000` were passed so far.
  [[nodiscard]] std::uint64_t nuls() const { return nuls_; }

  bool fail(const char* what);
  [[nodiscard]] const char* error() const { return error_; }
  [[nodiscard]] std::size_t error_position() const { return error_position_; }

 private:
  std::string_view token() { return token(next_++); }
  [[nodiscard]] std::string_view token(const Token* token) const;
  bool has_escape(std::string_view raw) { return backslash_ < raw.data() + raw.size() && find_escape(raw); }
  bool find_escape(std::string_view raw);
  void make_room(std::size_t wanted);
  bool raw_string(std::string_view& raw);
  bool unescaped(std::string_view raw, Value& value);
  bool unescaped_key(std::string_view& key);
  bool scalar(Value& value);
  bool container(Value& value);
  bool check_container();
  bool check_string();
  bool check_scalar();

  StructuralIndex index_;
  const char* base_ = nullptr;
  const char* text_end_ = nullptr;
  const Token* next_ = nullptr;
  const Token* end_ = nullptr;
  const char* backslash_ = nullptr;  ///< the first one that was not passed yet, or the text's end
  unsigned depth_ = 0;
  std::uint64_t nuls_ = 0;
  std::unique_ptr<char[]> strings_;  ///< unescaped strings; within a text it is never moved, so that views into it stay
  std::vector<std::unique_ptr<char[]>> full_;  ///< what a text filled that is read many times
  std::size_t strings_capacity_ = 0;
  std::size_t strings_size_ = 0;
  std::vector<char> key_;
  const char* error_ = nullptr;
  std::size_t error_position_ = 0;
};

// Without the whitespace behind it, which no structural position points at. Most messages have none.
inline std::string_view JsonWalk::token(const Token* token) const {
  const char* const begin = base_ + token[0];
  const char* end = base_ + token[1];
  if (static_cast<unsigned char>(end[-1]) <= ' ') [[unlikely]] {
    while (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t') --end;
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// Of a token of two or more characters. As a constructor: substr() checks its bounds once more, for each string.
[[gnu::always_inline]] inline std::string_view without_quotes(std::string_view quoted) {
  return {quoted.data() + 1, quoted.size() - 2};
}

inline bool JsonWalk::plain_key(const Token* token, std::string_view& key) {
  if (at(token) != '"' || at(token + 1) != ':') return false;
  const std::string_view quoted = this->token(token);
  if (quoted.size() < 2) return false;
  key = without_quotes(quoted);
  return !has_escape(key);
}

inline bool JsonWalk::plain_scalar(const Token* token, Value& value) {
  const char first = at(token);
  if (first != '"') {
    if (first != '-' && static_cast<unsigned char>(first - '0') > 9) return false;
    value.kind = Value::Kind::number;
    value.nul = false;
    value.text = this->token(token);
    return is_json_number(value.text);
  }
  const std::string_view quoted = this->token(token);
  if (quoted.size() < 2 || quoted.back() != '"') return false;
  value.kind = Value::Kind::string;
  value.nul = false;
  value.text = without_quotes(quoted);
  return !has_escape(value.text);
}

// The index has a position for whatever follows a string's closing quote, so the token ends with that quote.
inline bool JsonWalk::raw_string(std::string_view& raw) {
  const std::string_view quoted = token();
  if (quoted.size() < 2 || quoted.back() != '"') return fail("a string does not end");
  raw = without_quotes(quoted);
  return true;
}

inline bool JsonWalk::string(Value& value) {
  value.kind = Value::Kind::string;
  value.nul = false;
  if (!raw_string(value.text)) return false;
  return !has_escape(value.text) || unescaped(value.text, value);
}

inline bool JsonWalk::key(std::string_view& key) {
  if (peek() != '"') return fail("a key in quotes was expected");
  if (!raw_string(key)) return false;
  if (has_escape(key) && !unescaped_key(key)) return false;
  if (peek() != ':') return fail("a colon was expected");
  step();
  return true;
}

inline bool JsonWalk::value(Value& value) {
  switch (peek()) {
    case '"':
      return string(value);
    case '{':
    case '[':
      return container(value);
    default:
      return scalar(value);
  }
}

inline bool JsonWalk::enter() {
  if (depth_ == kMaxDepth) return fail("it is nested deeper than 1000 levels");
  ++depth_;
  return true;
}

template <typename Read>
inline bool JsonWalk::elements(const Read& read) {
  if (!enter()) return false;
  step();
  if (peek() == ']') {
    step();
  } else {
    bool ok = true;
    do {
      if (!read()) return false;
    } while (another(']', ok));
    if (!ok) return false;
  }
  leave();
  return true;
}

template <typename Read>
inline bool JsonWalk::members(const Read& read) {
  if (!enter()) return false;
  step();
  if (peek() == '}') {
    step();
  } else {
    bool ok = true;
    do {
      std::string_view name;
      if (!key(name) || !read(name)) return false;
    } while (another('}', ok));
    if (!ok) return false;
  }
  leave();
  return true;
}

inline bool JsonWalk::another(char closing, bool& ok) {
  // Only here can the text be over: open() made sure that the last token closes the first one's kind.
  const char next = at_end() ? '\0' : peek();
  if (next == ',') {
    step();
    return true;
  }
  if (next == closing) {
    step();
  } else {
    ok = fail(at_end() ? "it ends too early" : "a comma or a closing bracket was expected");
  }
  return false;
}

}  // namespace loom::decode
