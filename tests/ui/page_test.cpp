#include "page_test.h"

#include <iostream>
#include <stdexcept>

#include "support/http.h"

namespace loom::testing {

namespace {

constexpr const char* kSays = "HTTP on http://";

/// HOST:PORT from the line with which the program says where it listens; "" before it has.
std::string address_in(const std::string& log) {
  const std::size_t at = log.find(kSays);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + std::string_view(kSays).size();
  const std::size_t end = log.find_first_not_of("0123456789.:", begin);
  return end == std::string::npos ? "" : log.substr(begin, end - begin);
}

}  // namespace

void PageTest::TearDown() {
  if (HasFailure()) {
    try {
      std::cout << "---- the page says:\n"
                << browser_.run("return document.body.innerText").get<std::string>().substr(0, 3'000) << '\n';
    } catch (const std::exception& error) {
      std::cout << "---- the page says nothing: " << error.what() << '\n';
    }
  }
  ServiceTest::TearDown();
}

ServiceProcess& PageTest::serve(const Environment& more) {
  Environment settings{{"LOOM_HTTP_HOST", "127.0.0.1"}, {"LOOM_HTTP_PORT", "0"}};
  for (const auto& [name, value] : more) settings[name] = value;
  ServiceProcess& service = start(settings);
  std::string address;
  await(seconds(30), [&] { return !(address = address_in(service.log())).empty() || !service.running(); });
  if (address.empty()) throw std::runtime_error("it does not say where it listens:\n" + last_lines(service.log(), 20));
  url_ = "http://" + address;
  get_when("/status", [](const nlohmann::json& status) {
    return status.at("group").at("state") == "consuming" && !status.at("assignment").empty();
  });
  return service;
}

nlohmann::json PageTest::get(const std::string& path) const {
  const HttpAnswer answer = ServiceHttp(std::stoi(url_.substr(url_.rfind(':') + 1))).get(path);
  if (answer.status == 0) throw std::runtime_error("no answer from " + url_ + path);
  return answer.json();
}

void PageTest::open_page() {
  browser_.open(url_ + "/");
  ASSERT_TRUE(browser_.wait_until("document.body.dataset.answers > 0"));
}

::testing::AssertionResult PageTest::says(const std::string& word, milliseconds within) {
  const std::string script = "document.getElementById('verdict-word').textContent === " + nlohmann::json(word).dump();
  if (browser_.wait_until(script, within)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the page does not say " << word << " but: " << browser_.text("#verdict");
}

void PageTest::await_answers(int more) {
  const int before = std::stoi(browser_.attribute("body", "data-answers"));
  ASSERT_TRUE(
      browser_.wait_until("document.body.dataset.answers >= " + std::to_string(before + more), seconds(10 + 2 * more)));
}

std::optional<double> PageTest::value_of(const std::string& selector) {
  const std::string value = browser_.attribute(selector, "data-value");
  return value.empty() ? std::nullopt : std::optional(std::stod(value));
}

void PageTest::expect_quiet() {
  for (const std::string& line : browser_.console()) ADD_FAILURE() << "in the console: " << line;
  const nlohmann::json requests = browser_.run(
      "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
      ".map((one) => one.name)");
  EXPECT_GE(requests.size(), 2U);
  for (const auto& request : requests) {
    const auto name = request.get<std::string>();
    EXPECT_TRUE(name.starts_with(url_ + "/") || name.starts_with("data:")) << name;
  }
}

}  // namespace loom::testing
