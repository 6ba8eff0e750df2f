#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support/postgres_wire.h"

namespace loom::testing {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr std::size_t kQueuedMost = std::size_t{4} * 1024 * 1024;  // then the sender has to wait
constexpr milliseconds kVerdictWithin{15'000};

/// A socket. Closed in the destructor; reset() says goodbye with a RST.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket() { shut(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void shut() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (fd_ >= 0) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    shut();
  }

 private:
  int fd_;
};

sockaddr_in local_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

sockaddr_in address_of(const std::string& target) {
  const std::size_t colon = target.rfind(':');
  sockaddr_in address = local_address(0);
  if (colon == std::string::npos || inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("a proxy cannot lead to " + target + ": it wants an address in numbers and a port");
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(target.substr(colon + 1))));
  return address;
}

/// Bytes on their way in one direction.
struct Pipe {
  struct Piece {
    std::string bytes;
    Clock::time_point due;
  };
  std::deque<Piece> pieces;
  std::size_t queued = 0;
  std::size_t sent_of_first = 0;
  bool ended = false;   // the sender has said that it was all
  bool passed = false;  // and the receiver knows

  void add(std::string bytes, Clock::time_point due) {
    if (bytes.empty()) return;
    if (!pieces.empty()) due = std::max(due, pieces.back().due);
    queued += bytes.size();
    pieces.push_back({std::move(bytes), due});
  }
  [[nodiscard]] bool room() const { return !ended && queued < kQueuedMost; }
  [[nodiscard]] bool ready(Clock::time_point now) const { return !pieces.empty() && pieces.front().due <= now; }
};

/// A client and its connection to the server.
struct Link {
  Socket client;
  Socket server;
  bool connecting = true;
  Pipe up;    // to the server
  Pipe down;  // to the client
  PostgresWire wire;
  // After the client was reset in the middle of a commit: what the server makes of it.
  bool doubted = false;
  bool failed = false;
  Clock::time_point verdict_until{};
  // Which events poll() was asked for.
  short client_events = 0;
  short server_events = 0;

  [[nodiscard]] bool over() const {
    if (!server.open()) return true;
    return !doubted && (!client.open() || (up.passed && down.passed));
  }
};

enum class Mode { pass, delay, stall, reset };

/// poll() counts in milliseconds, which is too coarse for the delay of a near network.
void wait_for(std::vector<pollfd>& watched, std::optional<nanoseconds> timeout) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = timeout ? timeout->count() : 0;
  const timespec time{.tv_sec = count / kSecond, .tv_nsec = count % kSecond};
  ppoll(watched.data(), watched.size(), timeout ? &time : nullptr, nullptr);
}

}  // namespace

struct TcpProxy::Impl {
  // Constant after construction:
  Socket listener;
  int port = 0;
  // Own synchronisation:
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  // Guarded by mutex:
  mutable std::mutex mutex;
  std::optional<sockaddr_in> target;
  Mode mode = Mode::pass;
  microseconds delay{0};
  double share = 0;
  std::vector<Rewrite> rewrites;
  bool cut_wanted = false;
  std::optional<Doubt> doubt;
  milliseconds late{0};
  bool ending = false;
  Counts counts;
  // The thread's own:
  std::mt19937 random;
  std::list<Link> links;
  std::thread thread;

  Impl();
  ~Impl() { close(wake); }
  template <typename Change>
  void order(const Change& change) {
    const std::lock_guard lock(mutex);
    change();
    eventfd_write(wake, 1);
  }

  // All below: in the thread, under the mutex but for poll().
  void run();
  std::optional<nanoseconds> prepare(std::vector<pollfd>& watched, Clock::time_point now);
  void serve(const std::vector<pollfd>& watched, Clock::time_point now);
  void accept_one();
  void finish_connecting(Link& link);
  bool read_into(Link& link, bool from_client, Clock::time_point now);
  void rewrite(std::string& bytes);
  void take_client_bytes(Link& link, std::string bytes, Clock::time_point due);
  void take_server_bytes(Link& link, std::string bytes, Clock::time_point due);
  void leave_in_doubt(Link& link, std::string& bytes, std::size_t begin, std::size_t end, Clock::time_point due);
  void write_from(Pipe& pipe, Link& link, Socket& to, Clock::time_point now);
  void drop(Link& link);
};

TcpProxy::Impl::Impl() : listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = local_address(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.fd(), generic, length) != 0 || listen(listener.fd(), 128) != 0 ||
      getsockname(listener.fd(), generic, &length) != 0) {
    throw std::runtime_error(std::string("no port for a proxy: ") + std::strerror(errno));
  }
  port = ntohs(address.sin_port);
}

void TcpProxy::Impl::run() {
  std::vector<pollfd> watched;
  std::unique_lock lock(mutex);
  while (!ending) {
    if (cut_wanted) {
      counts.cuts += static_cast<int>(links.size());
      for (Link& link : links) drop(link);
      cut_wanted = false;
    }
    links.remove_if([](const Link& link) { return link.over(); });
    counts.open = static_cast<int>(links.size());
    const auto timeout = prepare(watched, Clock::now());
    lock.unlock();
    wait_for(watched, timeout);
    lock.lock();
    eventfd_t ignored = 0;
    eventfd_read(wake, &ignored);
    if (mode != Mode::stall) serve(watched, Clock::now());
  }
  for (Link& link : links) drop(link);
}

/// Fills `watched`: the wake-up, the listener, then client and server of each link. Returns when the next piece is due.
std::optional<nanoseconds> TcpProxy::Impl::prepare(std::vector<pollfd>& watched, Clock::time_point now) {
  watched.clear();
  watched.push_back({wake, POLLIN, 0});
  const bool stalled = mode == Mode::stall;
  watched.push_back({stalled ? -1 : listener.fd(), POLLIN, 0});
  auto next = Clock::time_point::max();
  for (Link& link : links) {
    const auto wants = [&](const Pipe& in, const Pipe& out) {
      const bool write = out.ready(now);
      if (!write && !out.pieces.empty()) next = std::min(next, out.pieces.front().due);
      return static_cast<short>((in.room() ? POLLIN : 0) | (write ? POLLOUT : 0));
    };
    link.client_events = wants(link.up, link.down);
    link.server_events = link.connecting ? static_cast<short>(POLLOUT) : wants(link.down, link.up);
    if (stalled) link.client_events = link.server_events = 0;
    if (link.doubted) next = std::min(next, link.verdict_until);
    // poll() reports the end of a connection whether asked or not, so one that is not to be touched is left out.
    watched.push_back({link.client_events != 0 ? link.client.fd() : -1, link.client_events, 0});
    watched.push_back({link.server_events != 0 ? link.server.fd() : -1, link.server_events, 0});
  }
  if (stalled || next == Clock::time_point::max()) return std::nullopt;
  return std::max(nanoseconds(0), next - now);
}

void TcpProxy::Impl::serve(const std::vector<pollfd>& watched, Clock::time_point now) {
  std::size_t at = 2;
  for (Link& link : links) {
    const short client = watched[at++].revents;
    const short server = watched[at++].revents;
    const auto came = [](short events, short asked, short what) {
      return (asked & what) != 0 && (events & (what | POLLHUP | POLLERR)) != 0;
    };
    if (link.connecting) {
      if (server != 0) finish_connecting(link);
    } else {
      if (came(server, link.server_events, POLLOUT)) write_from(link.up, link, link.server, now);
      if (came(server, link.server_events, POLLIN) && !link.over() && !read_into(link, false, now)) drop(link);
    }
    if (link.over()) continue;
    if (came(client, link.client_events, POLLOUT)) write_from(link.down, link, link.client, now);
    if (came(client, link.client_events, POLLIN) && !link.over() && !read_into(link, true, now)) drop(link);
    if (link.doubted && link.server.open() && now >= link.verdict_until) drop(link);
  }
  if (watched[1].revents != 0) accept_one();
}

void TcpProxy::Impl::accept_one() {
  Socket client(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client.open()) return;
  ++counts.accepted;
  Socket server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* address = target ? reinterpret_cast<const sockaddr*>(&*target) : nullptr;
  if (address == nullptr || (connect(server.fd(), address, sizeof *target) != 0 && errno != EINPROGRESS)) {
    client.reset();
    return;
  }
  const int at_once = 1;
  for (const int fd : {client.fd(), server.fd()}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  Link& link = links.emplace_back();
  link.client = std::move(client);
  link.server = std::move(server);
}

void TcpProxy::Impl::finish_connecting(Link& link) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(link.server.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  link.connecting = false;
  if (error != 0) drop(link);
}

/// False: the connection is broken, or is to be.
bool TcpProxy::Impl::read_into(Link& link, bool from_client, Clock::time_point now) {
  Pipe& pipe = from_client ? link.up : link.down;
  std::string bytes(kPiece, '\0');
  const ssize_t got = read((from_client ? link.client : link.server).fd(), bytes.data(), bytes.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) {
    pipe.ended = true;
    if (link.doubted) return false;
    write_from(pipe, link, from_client ? link.server : link.client, now);
    return true;
  }
  bytes.resize(static_cast<std::size_t>(got));
  (from_client ? counts.to_server : counts.to_client) += got;
  if (mode == Mode::reset && std::uniform_real_distribution<double>(0, 1)(random) < share) {
    ++counts.resets;
    return false;
  }
  rewrite(bytes);
  if (mode == Mode::delay) ++counts.delayed;
  const auto due = now + (mode == Mode::delay ? delay : microseconds(0));
  if (from_client) {
    take_client_bytes(link, std::move(bytes), due);
  } else {
    take_server_bytes(link, std::move(bytes), due);
  }
  return true;
}

void TcpProxy::Impl::rewrite(std::string& bytes) {
  for (const Rewrite& change : rewrites) {
    for (std::size_t at = bytes.find(change.from); at != std::string::npos; at = bytes.find(change.from, at + 1)) {
      bytes.replace(at, change.from.size(), change.to);
      ++counts.rewritten;
    }
  }
}

void TcpProxy::Impl::take_client_bytes(Link& link, std::string bytes, Clock::time_point due) {
  std::optional<WireMessage> copy_done;
  link.wire.from_client(bytes, [&](const WireMessage& message) {
    if (message.type == 'c' && doubt && !copy_done) copy_done = message;
  });
  if (copy_done) {
    leave_in_doubt(link, bytes, copy_done->begin, copy_done->end, due);
  } else {
    link.up.add(std::move(bytes), due);
  }
}

void TcpProxy::Impl::leave_in_doubt(Link& link, std::string& bytes, std::size_t begin, std::size_t end,
                                    Clock::time_point due) {
  const Doubt how = *std::exchange(doubt, std::nullopt);
  ++counts.doubts;
  link.client.reset();
  link.down.pieces.clear();
  if (how == Doubt::lost) {
    ++counts.doubts_undone;
    link.server.reset();
    return;
  }
  link.doubted = true;
  link.up.ended = true;  // nothing more comes from the client
  link.verdict_until = Clock::now() + kVerdictWithin;
  link.up.add(bytes.substr(0, begin), due);
  link.up.add(bytes.substr(begin, end - begin), due + (how == Doubt::late ? late : milliseconds(0)));
}

void TcpProxy::Impl::take_server_bytes(Link& link, std::string bytes, Clock::time_point due) {
  bool ready = false;
  link.wire.from_server(bytes, [&](const WireMessage& message) {
    link.failed = link.failed || (link.doubted && message.type == 'E');
    ready = ready || message.type == 'Z';
  });
  if (!link.doubted) {
    link.down.add(std::move(bytes), due);
  } else if (ready && link.up.pieces.empty()) {
    ++(link.failed ? counts.doubts_undone : counts.doubts_committed);
    link.doubted = false;
    link.server.shut();
  }
}

void TcpProxy::Impl::write_from(Pipe& pipe, Link& link, Socket& to, Clock::time_point now) {
  while (to.open() && pipe.ready(now)) {
    Pipe::Piece& first = pipe.pieces.front();
    const ssize_t put =
        send(to.fd(), first.bytes.data() + pipe.sent_of_first, first.bytes.size() - pipe.sent_of_first, MSG_NOSIGNAL);
    if (put < 0) {
      if (errno != EAGAIN && errno != EINTR) drop(link);
      return;
    }
    pipe.sent_of_first += static_cast<std::size_t>(put);
    pipe.queued -= static_cast<std::size_t>(put);
    if (pipe.sent_of_first < first.bytes.size()) return;
    pipe.pieces.pop_front();
    pipe.sent_of_first = 0;
  }
  if (pipe.ended && pipe.pieces.empty() && !pipe.passed && !link.doubted && to.open()) {
    shutdown(to.fd(), SHUT_WR);
    pipe.passed = true;
  }
}

void TcpProxy::Impl::drop(Link& link) {
  if (link.doubted) ++counts.doubts_unknown;
  link.doubted = false;
  link.client.reset();
  link.server.reset();
}

TcpProxy::TcpProxy() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([this] { impl_->run(); });
}

TcpProxy::~TcpProxy() {
  impl_->order([&] { impl_->ending = true; });
  impl_->thread.join();
}

int TcpProxy::port() const { return impl_->port; }

void TcpProxy::forward_to(const std::string& target) {
  const sockaddr_in address = address_of(target);
  impl_->order([&] { impl_->target = address; });
}

void TcpProxy::pass() {
  impl_->order([&] { impl_->mode = Mode::pass; });
}

void TcpProxy::delay(microseconds time) {
  impl_->order([&] { impl_->mode = Mode::delay, impl_->delay = time; });
}

void TcpProxy::stall() {
  impl_->order([&] { impl_->mode = Mode::stall; });
}

void TcpProxy::reset_share(double share, unsigned seed) {
  impl_->order([&] { impl_->mode = Mode::reset, impl_->share = share, impl_->random.seed(seed); });
}

void TcpProxy::rewrite(std::vector<Rewrite> rewrites) {
  for (const Rewrite& change : rewrites) {
    if (change.from.size() != change.to.size()) throw std::logic_error("a proxy changes no lengths: " + change.to);
  }
  impl_->order([&] { impl_->rewrites = std::move(rewrites); });
}

void TcpProxy::cut() {
  impl_->order([&] { impl_->cut_wanted = true; });
}

void TcpProxy::doubt_next_commit(Doubt how, milliseconds late) {
  impl_->order([&] { impl_->doubt = how, impl_->late = late; });
}

TcpProxy::Counts TcpProxy::counts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

}  // namespace loom::testing
