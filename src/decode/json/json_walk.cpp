#include "decode/json/json_walk.h"

#include <array>
#include <cstring>
#include <utility>

namespace loom::decode {
namespace {

// What a larger message needed for its strings is given back when a much smaller one comes.
constexpr std::size_t kKeptStrings = std::size_t{1} << 20U;

const char* find_backslash(const char* from, const char* end) {
  const void* found = std::memchr(from, '\\', static_cast<std::size_t>(end - from));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

bool JsonWalk::open(std::string_view text) {
  base_ = text.data();
  text_end_ = base_ + text.size();
  depth_ = 0;
  nuls_ = 0;
  strings_size_ = 0;
  error_ = nullptr;
  error_position_ = 0;
  if (const char* wrong = index_.build(text); wrong != nullptr) {
    error_ = wrong;
    return false;
  }
  next_ = index_.begin();
  end_ = index_.end();
  backslash_ = find_backslash(base_, text_end_);
  // A text that opens with a bracket must end with its counterpart. Knowing that, the walk needs to ask whether
  // anything is left only after a value: whatever opens, names or separates cannot be the last token.
  const char first = peek();
  const char last = base_[end_[-1]];
  if ((first == '{' && last != '}') || (first == '[' && last != ']')) {
    next_ = end_;
    return fail("it ends too early");
  }
  return true;
}

void JsonWalk::rewind(const Token* mark) {
  next_ = mark;
  backslash_ = find_backslash(position(), text_end_);
}

bool JsonWalk::fail(const char* what) {
  error_ = what;
  error_position_ = *next_;
  return false;
}

bool JsonWalk::find_escape(std::string_view raw) {
  if (backslash_ < raw.data()) backslash_ = find_backslash(raw.data(), text_end_);
  return backslash_ < raw.data() + raw.size();
}

void JsonWalk::make_room(std::size_t wanted) {
  strings_ = std::make_unique_for_overwrite<char[]>(wanted);
  strings_capacity_ = wanted;
}

bool JsonWalk::unescaped(std::string_view raw, Value& value) {
  if (strings_size_ == 0) {
    full_.clear();
    // A list may be read twice, hence twice the text.
    const auto wanted = 2 * static_cast<std::size_t>(text_end_ - base_);
    if (strings_capacity_ < wanted || (strings_capacity_ > kKeptStrings && wanted < strings_capacity_ / 4)) {
      make_room(wanted);
    }
  } else if (strings_capacity_ - strings_size_ < raw.size()) [[unlikely]] {
    // Lists in lists whose elements are wanted by their places, in each of several ways.
    full_.push_back(std::move(strings_));
    make_room(2 * static_cast<std::size_t>(text_end_ - base_));
    strings_size_ = 0;
  }
  char* const room = strings_.get() + strings_size_;
  const auto done = unescape(raw, room);
  if (!done) return fail("a string before here holds an invalid escape");
  value.text = {room, done->size};
  value.nul = done->nul;
  nuls_ += done->nul ? 1 : 0;
  strings_size_ += done->size;
  return true;
}

bool JsonWalk::unescaped_key(std::string_view& key) {
  if (key_.size() < key.size()) key_.resize(key.size());
  const auto done = unescape(key, key_.data());
  if (!done) return fail("a key before here holds an invalid escape");
  nuls_ += done->nul ? 1 : 0;
  key = {key_.data(), done->size};
  return true;
}

bool JsonWalk::scalar(Value& value) {
  const char first = peek();
  value.nul = false;
  value.text = token();
  switch (first) {
    case 't':
    case 'f':
      value.kind = Value::Kind::boolean;
      value.boolean = first == 't';
      return value.text == (value.boolean ? std::string_view("true") : "false") ||
             fail("a literal is misspelt before here");
    case 'n':
      value.kind = Value::Kind::null;
      return value.text == "null" || fail("a literal is misspelt before here");
    default:
      value.kind = Value::Kind::number;
      return is_json_number(value.text) || fail("before here stands neither a value nor a valid number");
  }
}

bool JsonWalk::container(Value& value) {
  const char* const begin = position();
  const std::uint64_t nuls = nuls_;
  value.kind = peek() == '{' ? Value::Kind::object : Value::Kind::array;
  if (!check_container()) return false;
  value.text = {begin, static_cast<std::size_t>(after_previous() - begin)};
  value.nul = nuls_ != nuls;
  value.count = 0;
  return true;
}

bool JsonWalk::check_string() {
  std::string_view raw;
  if (!raw_string(raw)) return false;
  if (!has_escape(raw)) return true;
  const auto done = unescape(raw, nullptr);
  if (!done) return fail("a string before here holds an invalid escape");
  nuls_ += done->nul ? 1 : 0;
  return true;
}

bool JsonWalk::check_scalar() {
  if (peek() == '"') return check_string();
  Value ignored;
  return scalar(ignored);
}

bool JsonWalk::skip() { return peek() == '{' || peek() == '[' ? check_container() : check_scalar(); }

// One bit per level says what it is; there is no recursion, whatever the message holds.
bool JsonWalk::check_container() {
  std::array<std::uint64_t, kMaxDepth / 64 + 1> is_object{};
  const unsigned outside = depth_;
  bool opened = true;  // the current token opens a container; otherwise a value was just passed
  for (;;) {
    if (opened) {
      if (!enter()) return false;
      const bool object = peek() == '{';
      const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
      if (object) {
        is_object[depth_ / 64] |= bit;
      } else {
        is_object[depth_ / 64] &= ~bit;
      }
      step();
    }
    const bool object = ((is_object[depth_ / 64] >> (depth_ % 64)) & 1U) != 0;
    const char closing = object ? '}' : ']';
    bool inside = true;
    if (opened && peek() == closing) {
      step();
      inside = false;
    } else if (!opened) {
      bool ok = true;
      inside = another(closing, ok);
      if (!ok) return false;
    }
    opened = false;
    if (!inside) {
      leave();
      if (depth_ == outside) return true;
      continue;
    }
    if (object) {
      std::string_view key_text;
      if (!key(key_text)) return false;
    }
    opened = peek() == '{' || peek() == '[';
    if (!opened && !check_scalar()) return false;
  }
}

}  // namespace loom::decode
