#include "mapping/yaml_document.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>

#include <exception>
#include <sstream>
#include <string>

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

/// Notes where the document that the parser reads begins, and lets the rest pass.
class DocumentStart final : public YAML::EventHandler {
 public:
  [[nodiscard]] const YAML::Mark& mark() const { return mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  YAML::Mark mark_;
};

/// Whether the line with this number (from 0) starts a document.
bool announces_document(const std::string& text, int line) {
  std::istringstream lines(text);
  std::string found;
  for (int i = 0; i <= line; ++i) std::getline(lines, found);
  return found.rfind("---", 0) == 0;
}

/// What stands after the first document. YAML::LoadAll() would tell too, but never returns for some broken texts (a
/// lone comma): it takes them for empty documents without end.
bool check_rest(const std::string& text, Findings& findings) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  DocumentStart document;
  if (!parser.HandleNextDocument(document) || !parser.HandleNextDocument(document)) return true;
  const int line = document.mark().line;
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
    if (!check_rest(yaml, findings)) return std::nullopt;
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
