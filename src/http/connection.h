#pragma once

// For this folder's sources alone: Boost goes no further.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/crowd.h"
#include "http/limits.h"
#include "http/routes.h"

namespace loom::http {

/// Of the one kind of executor that there is here: Asio's default, which stands for any, takes three times as long to
/// compile.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

/// Serves a client until it leaves or has to go: await a request -> read its head -> ask the route -> send the answer
/// -> await the next one. A request's body is not read: its answer is the connection's last, and what the client still
/// sends is thrown away, so that the answer arrives.
/// Threads: the one that runs the socket's executor.  Blocks: never.
void serve(Socket socket, Crowd& crowd, Routes& routes, const Limits& limits);

}  // namespace loom::http
