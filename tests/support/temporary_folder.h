#pragma once

#include <filesystem>
#include <string>

namespace loom::testing {

/// A new folder for a test's files, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Writes a file there and returns its path.
  std::string write(const std::string& name, const std::string& content) const;
  [[nodiscard]] std::string path_of(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A whole file; "" when it cannot be read.
std::string read_text(const std::string& path);

/// The last so many lines of a text.
std::string last_lines(const std::string& text, std::size_t lines);

}  // namespace loom::testing
