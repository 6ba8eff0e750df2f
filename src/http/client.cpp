#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace loom::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;
using Executor = asio::io_context::executor_type;

constexpr std::size_t kPieceBytes = 16384;

std::string bytes_of(const Request& request) {
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\nContent-Length: {}\r\n",
                                  request.method, request.path, request.host, request.port, request.body.size());
  for (const auto& [name, value] : request.headers) bytes.append(name).append(": ").append(value).append("\r\n");
  return bytes + "\r\n" + request.body;
}

std::string in_small_letters(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

Fetched fetched_from(const wire::response<wire::string_body>& response) {
  Fetched fetched{.status = static_cast<int>(response.result_int()), .body = response.body()};
  for (const auto& field : response) {
    fetched.headers[in_small_letters(std::string(field.name_string()))] = std::string(field.value());
  }
  return fetched;
}

}  // namespace

Fetched fetch(const Request& request, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  asio::io_context io{1};
  asio::basic_stream_socket<tcp, Executor> socket(io);
  Error error;
  std::size_t moved = 0;
  const auto step = [&](auto start) {
    error = asio::error::timed_out;
    start([&](Error result, const auto& what) {
      error = result;
      if constexpr (std::is_same_v<decltype(what), const std::size_t&>) moved = what;
    });
    io.restart();
    io.run_until(until);
  };

  const auto servers = asio::ip::basic_resolver<tcp, Executor>(io).resolve(request.host, std::to_string(request.port),
                                                                           tcp::resolver::numeric_service, error);
  if (!error) step([&](auto done) { asio::async_connect(socket, servers, done); });
  if (error) return {.problem = error.message()};
  // A server may have answered, and closed, before it has all of a large request: what it said counts.
  const std::string asked = bytes_of(request);
  step([&](auto done) { asio::async_write(socket, asio::buffer(asked), done); });

  wire::response_parser<wire::string_body> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  parser.eager(true);
  parser.skip(request.method == "HEAD");
  std::string unread;
  while (!parser.is_done()) {
    const std::size_t before = unread.size();
    unread.resize(before + kPieceBytes);
    step([&](auto done) { socket.async_read_some(asio::buffer(&unread[before], kPieceBytes), done); });
    if (error == asio::error::eof && parser.got_some()) {
      parser.put_eof(error);
    } else if (!error) {
      unread.resize(before + moved);
      unread.erase(0, parser.put(asio::buffer(unread), error));
      if (error == wire::error::need_more) error = {};
    }
    if (error) return {.problem = error.message()};
  }
  return fetched_from(parser.get());
}

}  // namespace loom::http
