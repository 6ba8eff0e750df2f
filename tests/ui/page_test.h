#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/browser.h"
#include "support/service_test.h"

namespace loom::testing {

/// The running program on real servers, and its page in a browser. A test that fails also shows what the page says.
class PageTest : public ServiceTest {
 protected:
  PageTest() = default;
  PageTest(std::unique_ptr<PostgresServer> own_server, KafkaServer& kafka)
      : ServiceTest(std::move(own_server), kafka) {}
  void TearDown() override;

  /// Starts a replica and waits until it consumes; its page is then at url().
  ServiceProcess& serve(const Environment& more = {});
  [[nodiscard]] const std::string& url() const { return url_; }
  /// The document of that path, as any client of HTTP gets it.
  [[nodiscard]] nlohmann::json get(const std::string& path) const;
  /// Waits until a document is as it should be, and returns it.
  template <typename Condition>
  nlohmann::json get_when(const std::string& path, const Condition& condition, seconds within = seconds(30)) const {
    nlohmann::json document;
    const bool done = await(
        within,
        [&] {
          document = get(path);
          return condition(document);
        },
        milliseconds(100));
    EXPECT_TRUE(done) << path << " never became what was waited for:\n" << document.dump(1).substr(0, 4'000);
    return document;
  }

  /// Opens the page; returns when it has shown its first answer.
  void open_page();
  Browser& browser() { return browser_; }
  /// Waits for the verdict's first words.
  ::testing::AssertionResult says(const std::string& word, milliseconds within = seconds(10));
  /// Waits until the page has shown so many more answers.
  void await_answers(int more);
  /// The unrounded number behind an element, or nothing where it is not known.
  std::optional<double> value_of(const std::string& selector);
  /// Whether no script ran and no request left that should not have.
  void expect_quiet();

 private:
  Browser browser_;
  std::string url_;
};

}  // namespace loom::testing
