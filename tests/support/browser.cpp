#include "support/browser.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "http/client.h"
#include "support/await.h"

namespace loom::testing {

namespace {

using nlohmann::json;

/// The name under which WebDriver gives elements.
constexpr const char* kElement = "element-6066-11e4-a52e-4f735466cecf";
constexpr const char* kDriver = "/usr/bin/chromedriver";
constexpr auto kStarts = std::chrono::seconds(30);
constexpr auto kAnswers = std::chrono::seconds(60);

json browser_arguments(const std::string& profile) {
  json arguments{"--headless=new", "--user-data-dir=" + profile,
                 // Chromium then ends with the driver, however that ended.
                 "--remote-debugging-pipe", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--disable-component-update", "--no-first-run"};
  // Chromium's sandbox refuses to run as root, which is what CI is in its container.
  if (geteuid() == 0) arguments.push_back("--no-sandbox");
  return arguments;
}

/// The port that the driver chose, once it has said so.
std::optional<int> port_in(const std::string& log) {
  static const std::string kSays = "started successfully on port ";
  const std::size_t at = log.find(kSays);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return std::nullopt;
  return std::stoi(log.substr(at + kSays.size()));
}

std::string from_base64(const std::string& text) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string::npos) continue;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU);
  }
  return bytes;
}

}  // namespace

Browser::Browser() : driver_(kDriver, {"--port=0"}, {}, folder_.path_of("chromedriver.log")) {
  if (access(kDriver, X_OK) != 0) {
    throw std::runtime_error(std::string(kDriver) + " is missing: scripts/install-packages.sh --with ui");
  }
  driver_.start();
  std::optional<int> port;
  await(kStarts, [&] { return (port = port_in(driver_.log())).has_value() || !driver_.running(); });
  if (!port) throw std::runtime_error("chromedriver did not start:\n" + last_lines(driver_.log(), 20));
  port_ = static_cast<std::uint16_t>(*port);
  begin_session();
}

Browser::~Browser() {
  try {
    if (!session_.empty()) command("DELETE", "");
  } catch (const std::exception&) {
    // The driver is killed in any case, and the browser ends with it.
  }
}

void Browser::begin_session() {
  const json options{{"args", browser_arguments(folder_.path_of("profile"))}};
  const json wanted{
      {"alwaysMatch",
       {{"browserName", "chrome"}, {"goog:chromeOptions", options}, {"goog:loggingPrefs", {{"browser", "ALL"}}}}}};
  session_ = call("POST", "/session", {{"capabilities", wanted}}).at("sessionId").get<std::string>();
}

json Browser::call(const std::string& method, const std::string& path, const json& body) {
  const std::string text = body.is_null() ? "{}" : body.dump();
  const http::Fetched answer = http::fetch({.host = "127.0.0.1",
                                            .port = port_,
                                            .path = path,
                                            .method = method,
                                            .body = method == "POST" ? text : "",
                                            .headers = {{"Content-Type", "application/json"}}},
                                           kAnswers);
  if (answer.status == 0) throw std::runtime_error("chromedriver does not answer:\n" + last_lines(driver_.log(), 20));
  json value = json::parse(answer.body).at("value");
  if (answer.status != 200) {
    throw std::runtime_error(fmt::format("{}: {}\n{}", path, value.value("message", ""), text.substr(0, 300)));
  }
  return value;
}

json Browser::command(const std::string& method, const std::string& path, const json& body) {
  return call(method, "/session/" + session_ + path, body);
}

json Browser::devtools(const std::string& name, const json& parameters) {
  return command("POST", "/goog/cdp/execute", {{"cmd", name}, {"params", parameters}});
}

void Browser::open(const std::string& url) { command("POST", "/url", {{"url", url}}); }

void Browser::resize(int width, int height) {
  devtools("Emulation.setDeviceMetricsOverride",
           {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
}

void Browser::prefer_scheme(const std::string& scheme) {
  const json feature{{"name", "prefers-color-scheme"}, {"value", scheme}};
  devtools("Emulation.setEmulatedMedia", {{"features", json::array({feature})}});
}

json Browser::run(const std::string& script, json arguments) {
  return command("POST", "/execute/sync", {{"script", script}, {"args", std::move(arguments)}});
}

bool Browser::wait_until(const std::string& expression, milliseconds within) {
  const std::string script = "return Boolean(" + expression + ")";
  return await(
      within, [&] { return run(script).get<bool>(); }, milliseconds(50));
}

std::string Browser::element(const std::string& selector) {
  return command("POST", "/element", {{"using", "css selector"}, {"value", selector}}).at(kElement).get<std::string>();
}

std::string Browser::text(const std::string& selector) {
  return run("return document.querySelector(arguments[0]).textContent", {selector}).get<std::string>();
}

std::string Browser::attribute(const std::string& selector, const std::string& name) {
  const json value = run("return document.querySelector(arguments[0]).getAttribute(arguments[1])", {selector, name});
  return value.is_null() ? "" : value.get<std::string>();
}

void Browser::click(const std::string& selector) {
  command("POST", "/element/" + element(selector) + "/click", json::object());
}

void Browser::type(const std::string& selector, const std::string& text) {
  const std::string at = "/element/" + element(selector);
  command("POST", at + "/clear", json::object());
  if (!text.empty()) command("POST", at + "/value", {{"text", text}});
}

std::string Browser::screenshot(bool whole_page) {
  const json taken = devtools("Page.captureScreenshot", {{"format", "png"}, {"captureBeyondViewport", whole_page}});
  return from_base64(taken.at("data").get<std::string>());
}

std::vector<std::string> Browser::console() {
  std::vector<std::string> lines;
  for (const json& entry : command("POST", "/se/log", {{"type", "browser"}})) {
    const std::string level = entry.value("level", "");
    if (level == "WARNING" || level == "SEVERE") lines.push_back(level + " " + entry.value("message", ""));
  }
  return lines;
}

}  // namespace loom::testing
