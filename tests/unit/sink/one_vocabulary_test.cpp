// What the sources and the page on the architecture say of SQLSTATEs, held against the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sink/sqlstate.h"

namespace loom::sink {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Blames = SqlstateRule::Blames;
using Only = SqlstateRule::Only;

std::string content_of(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Quoted codes of PostgreSQL's classes and of our own. Class 20 is left out, in which there is only CASE NOT FOUND:
/// it looks like the round numbers that settings are given as text.
std::vector<std::string> codes_in(const std::string& text) {
  static const std::regex code(
      R"re(["'](?:0[0-38-9ABFLPZ]|10|2[1-8BDF]|3[48BDF]|39|4[024]|5[34578]|72|F0|HV|P0|XX|KO)[0-9A-Z]{3}["'])re");
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), code), end; at != end; ++at) found.push_back(at->str());
  return found;
}

TEST(OneVocabularyTest, FindsCodesThatStandInQuotes) {
  EXPECT_THAT(codes_in(R"(if (error.sqlstate == "57014") return; raise("... ERRCODE = 'KO002'");)"),
              ElementsAre("\"57014\"", "'KO002'"));
  for (const SqlstateRule& rule : sqlstate_rules()) {
    if (rule.code.size() != 5) continue;
    EXPECT_EQ(codes_in("{\"" + std::string(rule.code) + "\"}").size(), 1U) << rule.code;
  }
  EXPECT_THAT(codes_in(R"({"linger.ms", "20000"}, {"TOPIC"}, {"timeout", "30000"}, "FALSE" // after 57014)"),
              IsEmpty());
}

TEST(OneVocabularyTest, OnlyTheTableKnowsSqlstates) {
  std::size_t files = 0;
  for (const char* const folder : {"/src", "/include"}) {
    for (const auto& entry : fs::recursive_directory_iterator(std::string(LOOM_SOURCE_DIR) + folder)) {
      const fs::path& path = entry.path();
      if ((path.extension() != ".cpp" && path.extension() != ".h") || path.filename() == "sqlstate.cpp") continue;
      ++files;
      EXPECT_THAT(codes_in(content_of(path)), IsEmpty())
          << path << " knows an SQLSTATE: put it into sink/sqlstate.cpp, behind a question with a name";
    }
  }
  EXPECT_GT(files, 100U) << "the sources are not where they are looked for";
}

// The page.

const std::string& section() {
  static const std::string text = [] {
    const std::string page = content_of(LOOM_SOURCE_DIR "/docs/architecture.md");
    const std::size_t start = page.find("\n## What a failure of the database means\n");
    if (start == std::string::npos) return std::string();
    return page.substr(start, page.find("\n## ", start + 1) - start);
  }();
  return text;
}

/// The section's rows of this many cells, without the heads and the lines below them.
std::vector<std::vector<std::string>> rows_of(std::size_t cells) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(section());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `") && !line.starts_with("| any ")) continue;
    std::vector<std::string> row;
    std::istringstream rest(line.substr(2));
    for (std::string cell; std::getline(rest, cell, '|');) {
      cell.erase(0, cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      row.push_back(cell);
    }
    if (row.size() == cells) rows.push_back(std::move(row));
  }
  return rows;
}

std::string code_cell(const SqlstateRule& rule) {
  if (rule.code.empty()) return "any other";
  std::string code = "`" + std::string(rule.code) + (rule.code.size() == 2 ? "xxx`" : "`");
  switch (rule.only) {
    case Only::always:
      return code;
    case Only::inside_copy:
      return code + " inside COPY";
    case Only::without_constraint:
      return code + " without a constraint's name";
  }
  return code;
}

std::string fate_by_rows(const SqlstateRule& rule) {
  constexpr std::string_view kByEvidence = "`catalog_changed`, then `split` with ";
  std::string outcome = "`" + std::string(to_string(rule.outcome)) + "`";
  switch (rule.blames) {
    case Blames::no_row:
      return outcome;
    case Blames::a_row:
      return "`split`";
    case Blames::a_row_when_merged:
      return "`split` after a merge, else " + std::string(kByEvidence) + "evidence";
    case Blames::a_row_as_mapped:
      return outcome + ", or `split` by `no_partition: dead_letter`";
    case Blames::with_evidence:
      return std::string(kByEvidence) + "evidence";
    case Blames::with_a_neighbour:
      return std::string(kByEvidence) + "a neighbour's evidence";
  }
  return outcome;
}

std::string fate_cell(const SqlstateRule& rule) {
  DatabaseError example;
  example.sqlstate = rule.code;
  if (is_duplicate_key(example)) return "`merge` or `split`";
  if (rule.in_doubt) return fate_by_rows(rule) + ", in doubt";
  switch (rule.fewer) {
    case SqlstateRule::Fewer::no:
      break;
    case SqlstateRule::Fewer::when_repeated:
      return fate_by_rows(rule) + ", halved when it repeats";
    case SqlstateRule::Fewer::at_once:
      return fate_by_rows(rule) + ", halved";
  }
  return fate_by_rows(rule);
}

TEST(OneVocabularyTest, ThePageShowsTheTable) {
  std::vector<std::vector<std::string>> wanted;
  for (const SqlstateRule& rule : sqlstate_rules()) {
    wanted.push_back({code_cell(rule), std::string(rule.says), fate_cell(rule)});
  }
  EXPECT_THAT(rows_of(3), ElementsAreArray(wanted)) << "docs/architecture.md does not say what sink/sqlstate.cpp does";
}

TEST(OneVocabularyTest, ThePageSaysWhatFollowsFromEachFate) {
  std::set<std::string> explained;
  for (const auto& row : rows_of(4)) explained.insert(row.front());
  std::set<std::string> wanted{"`merge`", "`split`"};
  for (const SqlstateRule& rule : sqlstate_rules()) wanted.insert("`" + std::string(to_string(rule.outcome)) + "`");
  EXPECT_EQ(explained, wanted);
}

}  // namespace
}  // namespace loom::sink
