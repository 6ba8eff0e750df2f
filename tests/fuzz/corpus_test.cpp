#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "targets.h"

/// What the fuzzers start from and what they once found: each input through its target, with any compiler.
namespace loom::fuzz {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

std::vector<std::filesystem::path> corpus(std::string_view target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(LOOM_FUZZ_CORPUS) / target)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class Corpus : public ::testing::TestWithParam<Target> {};

TEST_P(Corpus, EveryInputKeepsThePromises) {
  const auto files = corpus(GetParam().name);
  EXPECT_GE(files.size(), 5U);
  for (const auto& file : files) {
    try {
      GetParam().run(content(file));
    } catch (const Broken& broken) {
      ADD_FAILURE() << file << ": " << broken.what();
    }
  }
}

TEST_P(Corpus, SoDoesEveryInputCutShort) {
  for (const auto& file : corpus(GetParam().name)) {
    const std::string whole = content(file);
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 16);
    for (std::size_t size = 0; size < whole.size(); size += step) {
      try {
        GetParam().run(std::string_view(whole).substr(0, size));
      } catch (const Broken& broken) {
        ADD_FAILURE() << file << ", first " << size << " bytes: " << broken.what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, ::testing::ValuesIn(kTargets),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace loom::fuzz
