#include "support/registry_server.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace loom::testing {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds kSlice{5};

}  // namespace

struct RegistryServer::Impl {
  void listen() {
    acceptor.emplace(io);
    const tcp::endpoint at(asio::ip::address_v4::loopback(), port);
    acceptor->open(at.protocol());
    acceptor->set_option(tcp::acceptor::reuse_address(true));
    acceptor->bind(at);
    acceptor->listen();
    acceptor->non_blocking(true);
    port = acceptor->local_endpoint().port();
    stopping = false;
    thread = std::thread([this] { run(); });
  }
  void end() {
    stopping = true;
    if (thread.joinable()) thread.join();
    acceptor.reset();
  }
  void run() {
    while (!stopping) {
      tcp::socket socket(io);
      boost::system::error_code error;
      acceptor->accept(socket, error);
      if (error) {
        std::this_thread::sleep_for(kSlice);
        continue;
      }
      socket.non_blocking(false);
      serve(socket);
    }
  }
  void serve(tcp::socket& socket) {
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    wire::request<wire::string_body> request;
    wire::read(socket, buffer, request, error);
    if (error) return;
    const RegistryReply reply = reply_to(request);
    const auto until = std::chrono::steady_clock::now() + reply.delay;
    while (std::chrono::steady_clock::now() < until) {
      if (stopping) return;
      std::this_thread::sleep_for(kSlice);
    }
    wire::response<wire::string_body> response;
    response.version(11);
    response.result(static_cast<unsigned>(reply.status));
    response.set(wire::field::content_type, "application/vnd.schemaregistry.v1+json");
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    response.keep_alive(false);
    response.body() = reply.body;
    response.prepare_payload();
    wire::write(socket, response, error);
    socket.shutdown(tcp::socket::shutdown_send, error);
  }
  RegistryReply reply_to(const wire::request<wire::string_body>& request) {
    const std::lock_guard lock(mutex);
    const std::string target(request.target());
    seen.push_back({std::string(request.method_string()), target, std::string(request[wire::field::authorization]),
                    request.body()});
    if (all) return *all;
    if (const auto own = replies.find(target); own != replies.end()) return own->second;
    if (target == "/schemas/types") return {.body = R"(["AVRO","JSON","PROTOBUF"])"};
    if (target.starts_with("/schemas/ids/")) {
      return {.status = 404, .body = R"({"error_code":40403,"message":"Schema not found"})"};
    }
    return {.status = 404, .body = R"({"error_code":40401,"message":"Subject not found."})"};
  }

  asio::io_context io;
  std::optional<tcp::acceptor> acceptor;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::thread thread;
  std::mutex mutex;  ///< of those below
  std::map<std::string, RegistryReply> replies;
  std::optional<RegistryReply> all;
  std::vector<RegistryRequest> seen;
};

RegistryServer::RegistryServer() : impl_(std::make_unique<Impl>()) { impl_->listen(); }
RegistryServer::~RegistryServer() { impl_->end(); }

std::string RegistryServer::url() const { return "http://127.0.0.1:" + std::to_string(impl_->port); }
std::uint16_t RegistryServer::port() const { return impl_->port; }

void RegistryServer::add(std::uint64_t id, const std::string& body) {
  set("/schemas/ids/" + std::to_string(id), {.body = body});
}
void RegistryServer::set(const std::string& path, const RegistryReply& reply) {
  const std::lock_guard lock(impl_->mutex);
  impl_->replies[path] = reply;
}
void RegistryServer::unset(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  impl_->replies.erase(path);
}
void RegistryServer::answer_all(const RegistryReply& reply) {
  const std::lock_guard lock(impl_->mutex);
  impl_->all = reply;
}
void RegistryServer::clear() {
  const std::lock_guard lock(impl_->mutex);
  impl_->all.reset();
}

void RegistryServer::kill() { impl_->end(); }
void RegistryServer::restart() { impl_->listen(); }

std::vector<RegistryRequest> RegistryServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}
std::size_t RegistryServer::requests_of(const std::string& target) const {
  std::size_t count = 0;
  for (const RegistryRequest& request : requests()) count += request.target == target ? 1U : 0U;
  return count;
}

const std::string& real_registry() {
  static const std::string url = [] {
    if (const char* given = std::getenv("LOOM_TEST_SCHEMA_REGISTRY"); given != nullptr && *given != '\0') {
      return std::string(given);
    }
    const std::string command =
        std::string(LOOM_SOURCE_DIR "/scripts/servers.sh start --only registry --while ") + std::to_string(getpid());
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("scripts/servers.sh cannot be run");
    std::string output;
    std::array<char, 4096> piece{};
    while (const std::size_t bytes = fread(piece.data(), 1, piece.size(), pipe)) output.append(piece.data(), bytes);
    if (pclose(pipe) != 0) throw std::runtime_error("the schema registry did not start, see above");
    const std::string start = "export LOOM_SCHEMA_REGISTRY_URL=";
    const std::size_t at = output.find(start);
    if (at == std::string::npos) throw std::runtime_error("scripts/servers.sh printed no LOOM_SCHEMA_REGISTRY_URL");
    const std::size_t begin = at + start.size();
    return output.substr(begin, output.find('\n', begin) - begin);
  }();
  return url;
}

}  // namespace loom::testing
