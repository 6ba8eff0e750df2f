#include "formats/proto_text.h"

#include <algorithm>
#include <array>

namespace loom::formats {
namespace {

constexpr std::size_t kMostProtoText = 10'000'000;
constexpr int kMostProtoBraces = 100;

bool is_proto_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// The tokens of a .proto text, as far as telling statements apart takes them.
class ProtoTokens {
 public:
  explicit ProtoTokens(std::string_view text) : text_(text) {}

  /// A word, a string with its quotes, or one sign. Empty: the end.
  std::string_view next() {
    skip_blanks();
    const std::size_t begin = at_;
    if (at_ == text_.size()) return text_.substr(at_);
    const char c = text_[at_++];
    if (is_proto_letter(c)) {
      while (at_ != text_.size() && is_proto_letter(text_[at_])) ++at_;
    } else if (c == '"' || c == '\'') {
      string_until(c);
    }
    return text_.substr(begin, at_ - begin);
  }
  [[nodiscard]] std::size_t position() const { return at_; }
  void seek(std::size_t at) { at_ = at; }

 private:
  void string_until(char quote) {
    while (at_ != text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      at_ += text_[at_] == '\\' && at_ + 1 != text_.size() ? 2 : 1;
    }
    if (at_ != text_.size()) ++at_;
  }
  void skip_blanks() {
    while (at_ != text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest[0] == ' ' || (rest[0] >= '\t' && rest[0] <= '\r')) {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class ProtoRewriter {
 public:
  explicit ProtoRewriter(std::string_view text) : text_(text), tokens_(text) {}

  PlainProtoText run() {
    first_statement();
    bool starts = true;
    for (;;) {
      const std::string_view token = tokens_.next();
      if (token.empty()) break;
      const std::size_t behind = tokens_.position();
      if (starts && !made_.edition.empty()) statement(token);
      if (tokens_.position() == behind) {
        if (token == "{" && ++braces_ > kMostProtoBraces) {
          made_.problem = "it is nested too deep";
          return std::move(made_);
        }
        if (token == "}") --braces_;
        starts = token == ";" || token == "{" || token == "}";
      }
    }
    made_.text.append(text_.substr(copied_));
    return std::move(made_);
  }

 private:
  void first_statement() {
    const std::string_view word = tokens_.next();
    const std::size_t begin = tokens_.position() - word.size();
    if (word == "edition" && tokens_.next() == "=") {
      const std::string_view name = tokens_.next();
      if (name.size() > 2) {
        made_.edition = name.substr(1, name.size() - 2);
        replace(begin, tokens_.position(), "syntax = \"proto3\"");
        return;
      }
    }
    // The parser would complain about a text without a syntax on standard error.
    if (word != "syntax") made_.text = "syntax = \"proto2\"; ";
    tokens_.seek(0);
  }

  /// One that starts with `word`: what has to go goes, and the next token is the first behind it.
  void statement(std::string_view word) {
    const std::size_t behind = tokens_.position();
    const std::size_t begin = behind - word.size();
    const std::string_view second = tokens_.next();
    if (word == "reserved" && !second.empty() && is_proto_letter(second[0])) {
      for (std::string_view token = second; !token.empty() && token != ";" && token != "}"; token = tokens_.next()) {
        if (token == "to" || (token[0] >= '0' && token[0] <= '9')) {
          tokens_.seek(behind);
          return;
        }
      }
      replace(begin, tokens_.position(), ";");
      return;
    }
    if (word == "import" && second == "option") {
      const std::string_view path = tokens_.next();
      if (!path.empty() && tokens_.next() == ";") {
        replace(begin, tokens_.position(), ";");
        return;
      }
    }
    if ((word == "export" || word == "local") && (second == "message" || second == "enum")) {
      const std::string_view name = tokens_.next();
      if (!name.empty() && is_proto_letter(name[0])) {
        replace(begin, behind, "");
        return;
      }
    }
    tokens_.seek(behind);
  }

  /// Lines stay where they were, for messages that name them.
  void replace(std::size_t begin, std::size_t end, std::string_view by) {
    made_.text.append(text_.substr(copied_, begin - copied_));
    made_.text.append(by);
    const std::string_view gone = text_.substr(begin, end - begin);
    made_.text.append(static_cast<std::size_t>(std::ranges::count(gone, '\n')), '\n');
    copied_ = end;
    tokens_.seek(end);
  }

  std::string_view text_;
  ProtoTokens tokens_;
  PlainProtoText made_;
  std::size_t copied_ = 0;
  int braces_ = 0;
};

}  // namespace

PlainProtoText plain_proto_text(std::string_view text) {
  if (text.size() > kMostProtoText) return {.text = {}, .edition = {}, .problem = "it is longer than 10 MB"};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return ProtoRewriter(text).run();
}

}  // namespace loom::formats
