#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/service_process.h"
#include "support/temporary_folder.h"

namespace loom::testing {

/// A headless Chromium, driven through its chromedriver in the words of W3C WebDriver
/// (https://www.w3.org/TR/webdriver2/) and, where that has none, of the DevTools protocol.
/// Threads: one at a time.
/// Owns:    a chromedriver on a free port and the Chromium behind it; both end in the destructor, or with the test.
/// Blocks:  each call until the browser has done it, a minute at most.
/// Fails:   std::runtime_error with what the browser says, or with the package that is missing.
class Browser {
 public:
  using milliseconds = std::chrono::milliseconds;

  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Returns when the document and its scripts are there.
  void open(const std::string& url);
  /// The page's inner size in CSS pixels.
  void resize(int width, int height);
  /// `light` or `dark`.
  void prefer_scheme(const std::string& scheme);

  /// Runs the body of a function and returns what it returns; `arguments[0]`... are what is given here.
  nlohmann::json run(const std::string& script, nlohmann::json arguments = nlohmann::json::array());
  /// Asks again and again until the expression is true; false when it never was within that time.
  [[nodiscard]] bool wait_until(const std::string& expression, milliseconds within = std::chrono::seconds(10));

  /// Of the first element that the CSS selector finds.
  std::string text(const std::string& selector);
  std::string attribute(const std::string& selector, const std::string& name);
  /// A click and typed text as a user's: they fail where a user could not do it. type() replaces what was there.
  void click(const std::string& selector);
  void type(const std::string& selector, const std::string& text);

  /// A PNG of what is in sight, or of the whole page.
  std::string screenshot(bool whole_page = false);
  /// What the console got since the last call, without what is below a warning.
  std::vector<std::string> console();

 private:
  void begin_session();
  nlohmann::json call(const std::string& method, const std::string& path, const nlohmann::json& body = nullptr);
  nlohmann::json command(const std::string& method, const std::string& path, const nlohmann::json& body = nullptr);
  nlohmann::json devtools(const std::string& name, const nlohmann::json& parameters);
  std::string element(const std::string& selector);

  TemporaryFolder folder_;
  ServiceProcess driver_;
  std::uint16_t port_ = 0;
  std::string session_;
};

}  // namespace loom::testing
