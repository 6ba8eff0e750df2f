#include "http/routes.h"

#include <charconv>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "http/gzip.h"
#include "text/json_text.h"

namespace loom::http {
namespace {

std::string_view name(Route::Method method) { return method == Route::Method::get ? "GET" : "POST"; }

/// The bytes that `%41` and the like stand for; what stands for none stays as it is.
std::string decoded(std::string_view path) {
  std::string bytes;
  for (std::size_t i = 0; i < path.size(); ++i) {
    unsigned char byte = 0;
    const std::string_view hex = path.substr(i + 1, path[i] == '%' ? 2 : 0);
    const char* end = hex.data() + hex.size();
    const bool coded = hex.size() == 2 && std::from_chars(hex.data(), end, byte, 16).ptr == end;
    bytes += coded ? static_cast<char>(byte) : path[i];
    if (coded) i += 2;
  }
  return bytes;
}

}  // namespace

Reply refusal(int status, const std::string& what) {
  return {.answer = {.status = status, .body = R"({"error":)" + text::json_text(what) + "}\n"}};
}

bool RouteLine::add(std::function<void()> question, std::size_t most) {
  const MutexLock lock(mutex_);
  if (closed_ || line_.size() >= most) return false;
  try {
    if (!thread_.joinable()) thread_ = std::thread([this] { answer_all(); });
  } catch (const std::system_error&) {
    return false;
  }
  line_.push_back(std::move(question));
  changed_.notify_one();
  return true;
}

void RouteLine::answer_all() {
  MutexLock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this]() LOOM_REQUIRES(mutex_) { return closed_ || !line_.empty(); });
    if (closed_) return;
    const std::function<void()> question = std::move(line_.front());
    line_.pop_front();
    lock.unlock();
    question();
    lock.lock();
  }
}

void RouteLine::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

void RouteLine::finish() {
  close();
  std::thread answering;
  {
    const MutexLock lock(mutex_);
    answering = std::move(thread_);
  }
  if (answering.joinable()) answering.join();
}

Routes::Routes(std::vector<Route> routes, const Limits& limits) : limits_(limits) {
  for (Route& route : routes) lines_.push_back(std::make_unique<RouteLine>(std::move(route)));
}

void Routes::ask(const Question& question, const std::function<void(Reply)>& then) {
  const std::string path = decoded(std::string_view(question.target).substr(0, question.target.find_first_of("?#")));
  const std::string_view method = question.method == "HEAD" ? "GET" : std::string_view(question.method);
  std::string allowed;
  for (const auto& line : lines_) {
    const Route& route = line->route;
    if (route.path != path) continue;
    if (name(route.method) == method) {
      const auto answer = [this, &route, then, gzip = question.gzip] { then(answered_by(route, gzip)); };
      if (!line->add(answer, limits_.waiting_most)) then(refusal(503, "too many ask for " + path + " at once"));
      return;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(name(route.method));
    if (route.method == Route::Method::get) allowed += ", HEAD";
  }
  if (allowed.empty()) return then(unknown_path(path));
  Reply wrong_method = refusal(405, path + " takes " + allowed);
  wrong_method.allow = allowed;
  then(std::move(wrong_method));
}

void Routes::finish() {
  for (const auto& line : lines_) line->close();
  for (const auto& line : lines_) line->finish();
}

Reply Routes::answered_by(const Route& route, bool gzip) const {
  try {
    Reply reply{.answer = route.answer()};
    if (gzip && reply.answer.body.size() >= limits_.gzip_bytes_least) {
      reply.answer.body = gzipped(reply.answer.body);
      reply.gzip = true;
    }
    return reply;
  } catch (const std::exception& failure) {
    return refusal(500, failure.what());
  }
}

Reply Routes::unknown_path(const std::string& path) const {
  std::string known;
  for (const auto& line : lines_) {
    const Route& route = line->route;
    known += (known.empty() ? "" : ",") + text::json_text(std::string(name(route.method)) + " " + route.path);
  }
  return {
      .answer = {.status = 404,
                 .body = R"({"error":)" + text::json_text("no such path: " + path) + R"(,"paths":[)" + known + "]}\n"}};
}

}  // namespace loom::http
