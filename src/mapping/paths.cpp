#include "mapping/paths.h"

#include <algorithm>
#include <charconv>

namespace loom::mapping {
namespace {

constexpr const char* kEmptyStep = "a path is names with single dots between them";

/// Reads one path from its first to its last character.
class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  ParsedPath run();

 private:
  bool name();
  bool quoted_name();
  bool element();
  bool fail(std::string problem) {
    path_.problem = std::move(problem);
    return false;
  }
  void add(PathStep step) {
    path_.steps.push_back(std::move(step));
    path_.ends.push_back(at_);
  }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
  ParsedPath path_;
};

ParsedPath PathParser::run() {
  bool ok = text_.empty() || (text_.front() == '[' ? element() : name());
  while (ok && !at_end()) {
    if (text_[at_] == '[') {
      ok = element();
    } else if (text_[at_] == '.') {
      ++at_;
      ok = name();
    } else {
      const std::string behind = text_[at_ - 1] == ']' ? "`]`" : "the closing quote";
      ok = fail("behind " + behind + " only a dot or `[` may follow");
    }
  }
  return std::move(path_);
}

bool PathParser::name() {
  if (at_end()) return fail(kEmptyStep);
  if (text_[at_] == '"') return quoted_name();
  const std::size_t end = std::min(text_.find_first_of(".[", at_), text_.size());
  if (end == at_) return fail(kEmptyStep);
  PathStep step;
  step.name = text_.substr(at_, end - at_);
  at_ = end;
  add(std::move(step));
  return true;
}

bool PathParser::quoted_name() {
  PathStep step;
  for (++at_; !at_end() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
      if (at_end()) break;
      if (text_[at_] != '"' && text_[at_] != '\\') {
        return fail("in quotes a backslash stands before a quote or another backslash; for one itself write `\\\\`");
      }
    }
    step.name += text_[at_];
  }
  if (at_end()) return fail("a quote is not closed");
  ++at_;
  add(std::move(step));
  return true;
}

bool PathParser::element() {
  const std::size_t close = text_.find(']', at_);
  const std::string_view inner =
      close == std::string_view::npos ? std::string_view() : text_.substr(at_ + 1, close - at_ - 1);
  std::string_view digits = inner;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  constexpr std::size_t kMostDigits = 9;
  const bool plain = !digits.empty() && digits.size() <= kMostDigits &&
                     digits.find_first_not_of("0123456789") == std::string_view::npos &&
                     (digits[0] != '0' || inner == "0");
  if (!plain) {
    return fail("`" + std::string(text_.substr(at_, close == std::string_view::npos ? close : close - at_ + 1)) +
                "` is no element of a list: these are `[0]`, `[1]`, ... and `[-1]` from the end; a name that holds "
                "brackets goes into double quotes");
  }
  PathStep step;
  std::int32_t index = 0;
  std::from_chars(inner.data(), inner.data() + inner.size(), index);
  step.index = index;
  at_ = close + 1;
  add(std::move(step));
  return true;
}

std::uint16_t make_node(PathTree& tree) {
  tree.nodes.emplace_back();
  return static_cast<std::uint16_t>(tree.nodes.size() - 1);
}

std::uint16_t child_of(PathTree& tree, std::uint16_t parent, PathStep& step) {
  if (step.index) {
    const auto& elements = tree.nodes[parent].elements;
    const auto found =
        std::find_if(elements.begin(), elements.end(), [&step](const auto& e) { return e.index == *step.index; });
    if (found != elements.end()) return found->node;
    const std::uint16_t made = make_node(tree);
    tree.nodes[parent].elements.push_back({*step.index, made});
    return made;
  }
  const auto& children = tree.nodes[parent].children;
  const auto found =
      std::find_if(children.begin(), children.end(), [&step](const auto& c) { return c.key == step.name; });
  if (found != children.end()) return found->node;
  const std::uint16_t made = make_node(tree);
  tree.nodes[parent].children.push_back({std::move(step.name), made});
  return made;
}

}  // namespace

ParsedPath parse_path(std::string_view path) { return PathParser(path).run(); }

std::vector<PathStep> split_path(std::string_view path) { return parse_path(path).steps; }

std::string path_to(const std::string& name) {
  const bool plain = !name.empty() && name[0] != '"' && name[0] != '$' && name.find_first_of(".[") == std::string::npos;
  if (plain) return name;
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

bool same_path(std::string_view a, std::string_view b) { return split_path(a) == split_path(b); }

bool is_inside(std::string_view path, std::string_view prefix) {
  const auto steps = split_path(path);
  const auto outer = split_path(prefix);
  return steps.size() > outer.size() && std::equal(outer.begin(), outer.end(), steps.begin());
}

std::string path_below(std::string_view path, std::string_view prefix) {
  const std::size_t outer = split_path(prefix).size();
  if (outer == 0) return std::string(path);
  const std::string_view below = path.substr(parse_path(path).ends[outer - 1]);
  return std::string(below.starts_with('.') ? below.substr(1) : below);
}

std::uint16_t add_node(PathTree& tree, std::string_view path) {
  std::uint16_t at = 0;
  for (auto& step : split_path(path)) at = child_of(tree, at, step);
  return at;
}

std::uint16_t add_slot(PathTree& tree, const std::string& path) {
  PathNode& node = tree.nodes[add_node(tree, path)];
  if (node.slot < 0) {
    node.slot = static_cast<std::int16_t>(tree.slots++);
    tree.slot_paths.push_back(path);
  }
  return static_cast<std::uint16_t>(node.slot);
}

}  // namespace loom::mapping
