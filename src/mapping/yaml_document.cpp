#include "mapping/yaml_document.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace loom::mapping {
namespace {

/// Without the line ends at its end: before one, yaml-cpp 0.7 takes a quote that is never closed for closed, and the
/// rest of the file would silently be part of one value. UTF-16 and UTF-32 (told by their first bytes) stay as they
/// are.
std::string without_last_line_ends(std::string_view yaml) {
  const bool wide = !yaml.empty() && (yaml[0] == '\xFE' || yaml[0] == '\xFF' || yaml[0] == '\0');
  while (!wide && !yaml.empty() && (yaml.back() == '\n' || yaml.back() == '\r')) yaml.remove_suffix(1);
  return std::string(yaml);
}

/// What is known of a document without building it: where it begins, and what its aliases come to when each is replaced
/// by what it stands for. Ten lines of aliases of aliases are a thousand million values.
class Outline final : public YAML::EventHandler {
 public:
  [[nodiscard]] const YAML::Mark& start() const { return start_; }
  /// The first alias that holds itself, or with which the aliases come to more than kAliasBytesMost.
  [[nodiscard]] const std::optional<YAML::Mark>& endless() const { return endless_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    *this = Outline();
    start_ = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { leaf(0, anchor); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    leaf(value.size(), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = sizes_.find(anchor);  // one that is not known yet is still open
    const std::size_t size = known == sizes_.end() ? kAliasBytesMost + 1 : known->second;
    by_aliases_ = std::min(by_aliases_ + size, kAliasBytesMost + 1);
    if (by_aliases_ > kAliasBytesMost && !endless_) endless_ = mark;
    add(size);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({anchor, kValueBytes});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open_.push_back({anchor, kValueBytes});
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr std::size_t kAliasBytesMost = 4 << 20;
  static constexpr std::size_t kValueBytes = 8;  ///< what a value costs beside its text
  struct Open {
    YAML::anchor_t anchor = 0;
    std::size_t size = 0;
  };

  void leaf(std::size_t size, YAML::anchor_t anchor) {
    if (anchor != 0) sizes_[anchor] = size + kValueBytes;
    add(size + kValueBytes);
  }
  void add(std::size_t size) {
    if (!open_.empty()) open_.back().size = std::min(open_.back().size + size, kAliasBytesMost + 1);
  }
  void close() {
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.anchor != 0) sizes_[closed.anchor] = closed.size;
    add(closed.size);
  }

  YAML::Mark start_;
  std::optional<YAML::Mark> endless_;
  std::size_t by_aliases_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::size_t> sizes_;
};

/// Whether the line with this number (from 0) starts a document.
bool announces_document(const std::string& text, int line) {
  std::istringstream lines(text);
  std::string found;
  for (int i = 0; i <= line; ++i) std::getline(lines, found);
  return found.rfind("---", 0) == 0;
}

/// Looks over the first document and at what stands after it. YAML::LoadAll() would tell too, but never returns for
/// some broken texts (a lone comma): it takes them for empty documents without end.
bool look_over(const std::string& text, Findings& findings) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  Outline document;
  if (!parser.HandleNextDocument(document)) return true;
  if (const auto& mark = document.endless()) {
    findings.error({"", "", mark->line + 1}, "the aliases stand for too much: they hold themselves or each other");
    return false;
  }
  if (!parser.HandleNextDocument(document)) return true;
  const int line = document.start().line;
  if (announces_document(text, line)) {
    findings.warning({"", "", line + 1}, "a second YAML document starts here; only the first is read");
    return true;
  }
  findings.error({"", "", line + 1}, "is not YAML: what starts here belongs to nothing above it");
  return false;
}

}  // namespace

std::optional<YAML::Node> read_yaml(std::string_view text, Findings& findings) {
  try {
    const std::string yaml = without_last_line_ends(text);
    if (!look_over(yaml, findings)) return std::nullopt;
    return YAML::Load(yaml);
  } catch (const YAML::DeepRecursion& problem) {
    findings.error({"", "", problem.mark.line + 1}, "is nested too deep");
  } catch (const YAML::Exception& problem) {
    const int line = problem.mark.is_null() ? 0 : problem.mark.line + 1;
    findings.error({"", "", line}, "is not YAML: " + problem.msg);
  }
  return std::nullopt;
}

}  // namespace loom::mapping
