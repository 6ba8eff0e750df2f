#include "app/http_routes.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "http/page.h"
#include "mapping/problem.h"
#include "status/documents.h"

namespace loom::app {

namespace {

using http::Answer;
using http::Route;
using Json = nlohmann::ordered_json;

constexpr int kServiceUnavailable = 503;
constexpr int kUnprocessable = 422;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";  // paths and names may be any bytes
}

Answer json(std::string body, int status = 200) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

Answer ready(const status::Snapshot& seen) {
  status::Readiness found = status::readiness(seen);
  return json(std::move(found.json), found.ready ? 200 : kServiceUnavailable);
}

Answer reload(Reloader& reloader) {
  const ReloadResult result = reloader.reload("POST /reload-config");
  const Json body{{"applied", result.applied},        {"errors", result.errors},
                  {"warnings", result.warnings},      {"added", result.topics.added},
                  {"removed", result.topics.removed}, {"changed", result.topics.changed},
                  {"settings", result.settings},      {"client_recreated", result.client_recreated}};
  return json(text_of(body), result.applied ? 200 : kUnprocessable);
}

Answer validate(const Reloader& reloader) {
  const ValidateResult result = reloader.validate();
  Json problems = Json::array();
  for (const auto& problem : result.problems) {
    problems.push_back({{"severity", problem.severity == mapping::Severity::error ? "error" : "warning"},
                        {"message", to_string(problem)}});
  }
  return json(text_of({{"valid", result.valid}, {"problems", std::move(problems)}}),
              result.valid ? 200 : kUnprocessable);
}

}  // namespace

std::vector<Route> http_routes(const status::Observer& observer, Reloader& reloader) {
  using Method = Route::Method;
  const auto seen = [&observer, &reloader] {
    status::Snapshot snapshot = observer.take();
    snapshot.reloads = reloader.applied();
    snapshot.refused_reloads = reloader.refused();
    snapshot.refused_reload = reloader.refusal();
    return snapshot;
  };
  return {
      {Method::get, "/",
       [] {
         return Answer{
             .status = 200, .content_type = "text/html; charset=utf-8", .body = std::string(http::status_page())};
       }},
      {Method::get, "/healthz", [] { return json("{\"alive\":true}\n"); }},
      {Method::get, "/readyz", [seen] { return ready(seen()); }},
      {Method::get, "/status", [seen] { return json(status::status_json(seen())); }},
      {Method::get, "/topics", [seen] { return json(status::topics_json(seen())); }},
      {Method::get, "/history", [&observer] { return json(status::history_json(observer.history())); }},
      {Method::get, "/metrics",
       [seen] {
         return Answer{.status = 200,
                       .content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = status::metrics_text(seen())};
       }},
      {Method::get, "/validate-config", [&reloader] { return validate(reloader); }},
      {Method::post, "/reload-config", [&reloader] { return reload(reloader); }},
  };
}

}  // namespace loom::app
