#include "sdk/stage/producer.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/kafka_client.h"
#include "base/log.h"
#include "base/property_secrets.h"

namespace loom::kafka::stage {
namespace {

using std::chrono::milliseconds;

// As syslog counts.
constexpr int kWarning = 4;

void on_log(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  // Its properties are also the consumer's, and librdkafka complains of each that is not for producers.
  if (std::string_view(facility) == "CONFWARN") return;
  const std::string line = without_property_secret(text);
  if (level <= kWarning) {
    log::warn({}, "stage's producer: librdkafka {}: {}", facility, line);
  } else {
    log::debug({}, "stage's producer: librdkafka {}: {}", facility, line);
  }
}

/// An output of a round, as a pointer's worth of bits that librdkafka carries.
void* ticket(std::uint32_t round, std::size_t number) {
  const std::uintptr_t bits = (static_cast<std::uintptr_t>(round) << 32U) | static_cast<std::uint32_t>(number);
  return reinterpret_cast<void*>(bits);  // NOLINT(performance-no-int-to-ptr): nobody follows it
}

OutputState state_after(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return OutputState::acknowledged;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return OutputState::refused;
    default:
      return OutputState::failed;
  }
}

std::map<std::string, std::string> all_properties(const ProducerSettings& settings) {
  std::map<std::string, std::string> all{
      {"client.id", settings.client_id}, {"linger.ms", "5"}, {"compression.type", "lz4"},
      {"partitioner", "murmur2_random"},  // as Kafka's own clients, so that stages in other languages agree on it
      {"message.timeout.ms", "20000"},   {"log_level", "6"},
  };
  if (!settings.transactional_id.empty()) {
    // A replica that dies between begin and commit holds up the readers of its outputs for so long, unless it is back
    // under the same name before. A transaction is open only while a turn's outputs are sent.
    all["transaction.timeout.ms"] = "30000";
  }
  for (const auto& [name, value] : settings.properties) all[name] = value;
  all["enable.idempotence"] = "true";
  all["message.max.bytes"] = "1000000000";  // the brokers know what is too large
  if (!settings.transactional_id.empty()) all["transactional.id"] = settings.transactional_id;
  return all;
}

}  // namespace

struct Producer::Impl {
  bool transactional = false;
  std::uint32_t round = 0;
  std::vector<OutputState> states;
  std::size_t pending = 0;
  bool timed_out = false;
  std::string last_error;
  admin::KafkaClient client;  // its callbacks use the above

  void settle(std::size_t number, rd_kafka_resp_err_t error) {
    if (states[number] != OutputState::pending) return;
    states[number] = state_after(error);
    --pending;
    timed_out = timed_out || error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) last_error = rd_kafka_err2str(error);
  }

  static void on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<Impl*>(opaque);
    const auto bits = reinterpret_cast<std::uintptr_t>(message->_private);
    const auto number = static_cast<std::size_t>(bits & 0xFFFFFFFFU);
    if (bits >> 32U == self->round && number < self->states.size()) self->settle(number, message->err);
  }

  void throw_when_fatal() const {
    std::array<char, 512> text{};
    const auto code = rd_kafka_fatal_error(client.get(), text.data(), text.size());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (transactional) throw ShutOut(text.data());
    throw std::runtime_error(std::string("the producer cannot go on: ") + text.data());
  }

  [[nodiscard]] rd_kafka_resp_err_t produce(const Output& output, std::size_t number) const;
};

rd_kafka_resp_err_t Producer::Impl::produce(const Output& output, std::size_t number) const {
  using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, admin::KafkaDeleter<rd_kafka_headers_destroy>>;
  HeadersHandle headers(rd_kafka_headers_new(output.headers.size()));
  for (const auto& [name, value] : output.headers) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  std::array<rd_kafka_vu_t, 7> fields{};
  std::size_t used = 0;
  const auto field = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    fields[used].vtype = type;
    return fields[used++];
  };
  const auto memory = [&](rd_kafka_vtype_t type, const std::string& bytes) {
    auto& mem = field(type).u.mem;
    mem.ptr = const_cast<char*>(bytes.data());
    mem.size = bytes.size();
  };
  field(RD_KAFKA_VTYPE_TOPIC).u.cstr = output.topic.c_str();
  field(RD_KAFKA_VTYPE_PARTITION).u.i32 = output.partition;
  field(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  if (output.key) memory(RD_KAFKA_VTYPE_KEY, *output.key);
  if (output.value) memory(RD_KAFKA_VTYPE_VALUE, *output.value);
  field(RD_KAFKA_VTYPE_OPAQUE).u.ptr = ticket(round, number);
  field(RD_KAFKA_VTYPE_HEADERS).u.headers = headers.get();
  const std::unique_ptr<rd_kafka_error_t, admin::KafkaDeleter<rd_kafka_error_destroy>> error(
      rd_kafka_produceva(client.get(), fields.data(), used));
  if (error != nullptr) return rd_kafka_error_code(error.get());
  (void)headers.release();  // the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

ShutOut::ShutOut(const std::string& why)
    : std::runtime_error("exactly once cannot go on under this name (is another replica called the same?): " + why) {}

Producer::Producer(const ProducerSettings& settings) : impl_(std::make_unique<Impl>()) {
  impl_->transactional = !settings.transactional_id.empty();
  admin::KafkaConf conf = admin::make_kafka_conf(settings.bootstrap_servers, {}, all_properties(settings));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Impl::on_delivery);
  rd_kafka_conf_set_opaque(conf.get(), impl_.get());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  impl_->client = admin::make_kafka_producer(std::move(conf));
}

Producer::~Producer() = default;

void Producer::begin_round() {
  ++impl_->round;
  impl_->states.clear();
  impl_->pending = 0;
  impl_->timed_out = false;
}

void Producer::send(const Output& output, std::size_t number) {
  if (number >= impl_->states.size()) impl_->states.resize(number + 1, OutputState::unsent);
  impl_->states[number] = OutputState::pending;
  ++impl_->pending;
  auto error = impl_->produce(output, number);
  while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    rd_kafka_poll(impl_->client.get(), 50);  // hears of those that went out or timed out, and so makes room
    error = impl_->produce(output, number);
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  impl_->throw_when_fatal();
  impl_->settle(number, error);
}

bool Producer::serve(milliseconds time) {
  if (impl_->pending > 0) {
    rd_kafka_flush(impl_->client.get(), static_cast<int>(time.count()));
  } else {
    rd_kafka_poll(impl_->client.get(), 0);
  }
  impl_->throw_when_fatal();
  return impl_->pending == 0;
}

OutputState Producer::state(std::size_t number) const {
  return number < impl_->states.size() ? impl_->states[number] : OutputState::unsent;
}

bool Producer::timed_out() const { return impl_->timed_out; }

const std::string& Producer::last_error() const { return impl_->last_error; }

rd_kafka_s* Producer::client() const { return impl_->client.get(); }

}  // namespace loom::kafka::stage
