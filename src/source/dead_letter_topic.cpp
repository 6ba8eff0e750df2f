#include "source/dead_letter_topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "base/plural.h"
#include "source/client_log.h"
#include "source/handles.h"
#include "source/refused_property.h"

namespace loom::source {

namespace {

using batch::InTopic;
using batch::RejectedMessage;
using std::chrono::milliseconds;

using ClientHandle = std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>>;
using MetadataHandle = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<&rd_kafka_metadata_destroy>>;
using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<&rd_kafka_NewTopic_destroy>>;
using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, Destroyer<&rd_kafka_headers_destroy>>;

/// For topics made here: the largest message that Kafka's own defaults let through a consumer, and room for headers.
constexpr const char* kMessageMax = "67108864";

/// The acknowledgements that one publish() waits for. Shared with the deliveries, which may come after it gave up.
struct Wait {
  Wait(std::size_t sent, std::size_t rejected) : missing(sent), in_topic(rejected, InTopic::no) {}

  Mutex mutex;
  CondVar all_here;
  std::size_t missing LOOM_GUARDED_BY(mutex);
  std::vector<InTopic> in_topic LOOM_GUARDED_BY(mutex);   // by index into publish()'s `rejected`
  rd_kafka_resp_err_t error LOOM_GUARDED_BY(mutex) = {};  // of the last that failed
};

/// What a message carries through librdkafka to its delivery report.
struct Ticket {
  std::shared_ptr<Wait> wait;
  std::size_t index = 0;
};

InTopic state_after(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return InTopic::yes;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return InTopic::refused;
    default:
      return InTopic::no;
  }
}

void deliver(const Ticket& ticket, rd_kafka_resp_err_t error) {
  Wait& wait = *ticket.wait;
  const MutexLock lock(wait.mutex);
  wait.in_topic[ticket.index] = state_after(error);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) wait.error = error;
  if (--wait.missing == 0) wait.all_here.notify_all();
}

void on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(message->_private));
  deliver(*ticket, message->err);
}

void set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> error{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) == RD_KAFKA_CONF_OK) return;
  throw RefusedProperty(name, error.data());
}

ClientHandle make_producer(const DeadLetterTopicSettings& settings) {
  const std::string timeout = std::to_string(settings.acknowledge_within.count());
  ConfHandle conf(rd_kafka_conf_new());
  set_property(conf.get(), "client.id", "kafka-to-db-consumer");
  set_property(conf.get(), "linger.ms", "5");
  set_property(conf.get(), "compression.type", "lz4");
  for (const auto& [name, value] : settings.properties) {
    if (name != "topic.blacklist") set_property(conf.get(), name, value);  // it hides topics from consumers
  }
  set_property(conf.get(), "bootstrap.servers", settings.bootstrap_servers);
  set_property(conf.get(), "enable.idempotence", "true");
  set_property(conf.get(), "message.timeout.ms", timeout);
  set_property(conf.get(), "message.max.bytes", "1000000000");  // the brokers know what is too large
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  log_to_ours(conf.get(), ClientRole::dead_letters);
  std::array<char, 512> error{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), error.data(), error.size());
  if (client == nullptr) throw std::runtime_error(std::string("cannot make a Kafka producer: ") + error.data());
  (void)conf.release();  // the client owns it now
  return ClientHandle(client);
}

void add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

HeadersHandle headers_of(const std::string& topic, const Message& message, const Reject& reject,
                         const std::string& group) {
  const auto theirs = message.headers();
  HeadersHandle headers(rd_kafka_headers_new(theirs.size() + 8));
  for (const Header& header : theirs) {
    rd_kafka_header_add(headers.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.has_value ? header.value.data() : nullptr, static_cast<ssize_t>(header.value.size()));
  }
  add(headers.get(), "dlq.topic", topic);
  add(headers.get(), "dlq.partition", std::to_string(message.partition));
  add(headers.get(), "dlq.offset", std::to_string(message.offset));
  if (message.timestamp_ms >= 0) add(headers.get(), "dlq.timestamp", std::to_string(message.timestamp_ms));
  add(headers.get(), "dlq.group", group);
  add(headers.get(), "dlq.reason", to_string(reject.reason));
  if (!reject.sqlstate.empty()) add(headers.get(), "dlq.sqlstate", reject.sqlstate);
  add(headers.get(), "dlq.message", reject.message);
  return headers;
}

std::vector<std::size_t> those_with(InTopic state, const std::vector<RejectedMessage>& rejected) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    if (rejected[i].in_topic == state) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> refused_of(const std::vector<RejectedMessage>& rejected, std::vector<std::size_t> indices) {
  std::erase_if(indices, [&](std::size_t i) { return rejected[i].in_topic != InTopic::refused; });
  return indices;
}

/// Where messages of a batch are sent, and where they came from.
struct Destination {
  const std::string& topic;
  std::int32_t partitions;
  const std::string& origin;
  const std::vector<Message>& messages;
};

}  // namespace

struct DeadLetterTopic::Impl {
  // Constant after construction
  const DeadLetterTopicSettings settings;

  Mutex mutex;
  std::map<std::string, std::int32_t> partitions LOOM_GUARDED_BY(mutex);  // of the topics known to be there
  ClientHandle client;                                                    // set once
  std::atomic<bool> stopping{false};
  std::thread hearing;  // started with the client

  explicit Impl(DeadLetterTopicSettings given) : settings(std::move(given)) {}

  [[nodiscard]] int timeout_ms() const { return static_cast<int>(settings.acknowledge_within.count()); }

  void open() {
    if (client != nullptr) return;
    client = make_producer(settings);
    hearing = std::thread([this] {
      while (!stopping) rd_kafka_poll(client.get(), 100);
    });
  }

  /// How many partitions each of the two topics has; 0: there is none. All topics are asked for, since a broker may
  /// create one that is asked for by name, with partitions of its own choosing.
  /// Fails: std::runtime_error, no answer.
  [[nodiscard]] std::pair<std::int32_t, std::int32_t> count(const std::string& one, const std::string& other) const {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client.get(), 1, nullptr, &raw, timeout_ms());
    const MetadataHandle metadata(raw);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
    std::pair<std::int32_t, std::int32_t> found{0, 0};
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (one == topic.topic) found.first = topic.partition_cnt;
      if (other == topic.topic) found.second = topic.partition_cnt;
    }
    return found;
  }

  /// Asks for the topic; that it is there already is fine.
  void create(const std::string& topic, std::int32_t wanted) const {
    std::array<char, 512> error{};
    const NewTopicHandle made(rd_kafka_NewTopic_new(topic.c_str(), wanted, -1, error.data(), error.size()));
    if (made == nullptr) throw std::runtime_error(error.data());
    rd_kafka_NewTopic_set_config(made.get(), "max.message.bytes", kMessageMax);
    const OptionsHandle options(rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms(), error.data(), error.size());
    const QueueHandle queue(rd_kafka_queue_new(client.get()));
    rd_kafka_NewTopic_t* topics = made.get();
    rd_kafka_CreateTopics(client.get(), &topics, 1, options.get(), queue.get());
    const EventHandle event(rd_kafka_queue_poll(queue.get(), timeout_ms()));
    if (event == nullptr) throw std::runtime_error("no answer to the request to create it");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error(rd_kafka_event_error_string(event.get()));
    }
    std::size_t answers = 0;
    const auto** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &answers);
    for (std::size_t i = 0; i < answers; ++i) {
      const auto code = rd_kafka_topic_result_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_topic_result_error_string(results[i]));
      log::info({.topic = topic}, "created with {}, for dead letters", plural(wanted, "partition"));
    }
  }

  /// Makes sure that the topic is there. Returns its partitions. Fails: std::runtime_error.
  std::int32_t prepare(const std::string& origin, const std::string& topic) {
    const MutexLock lock(mutex);
    open();
    const auto known = partitions.find(topic);
    if (known != partitions.end()) return known->second;
    auto [found, theirs] = count(topic, origin);
    if (found == 0) {
      create(topic, std::max(theirs, 1));
      const auto until = std::chrono::steady_clock::now() + settings.acknowledge_within;
      while ((found = count(topic, origin).first) == 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds(20));  // the controller knows it first, its brokers a moment later
      }
    }
    if (found == 0) throw std::runtime_error("the brokers do not know it yet");
    return partitions[topic] = found;
  }

  void forget(const std::string& topic) {
    const MutexLock lock(mutex);
    partitions.erase(topic);
  }

  /// Sends these, waits for all and notes what became of each. Returns the last failure; "" without one.
  std::string send_all(const Destination& to, std::vector<RejectedMessage>& rejected,
                       const std::vector<std::size_t>& indices) {
    auto wait = std::make_shared<Wait>(indices.size(), rejected.size());
    for (const std::size_t i : indices) send(to, rejected[i], std::make_unique<Ticket>(Ticket{wait, i}));
    // librdkafka answers each message within its timeout; beyond that and a little, nobody waits for it.
    MutexLock lock(wait->mutex);
    const bool all = wait->all_here.wait_for(lock, settings.acknowledge_within + milliseconds(1000),
                                             [&]() LOOM_REQUIRES(wait->mutex) { return wait->missing == 0; });
    for (const std::size_t i : indices) rejected[i].in_topic = wait->in_topic[i];
    if (!all) return "no acknowledgement";
    return wait->error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(wait->error);
  }

  void send(const Destination& to, const RejectedMessage& rejected, std::unique_ptr<Ticket> ticket) {
    const Message& message = to.messages.at(rejected.message);
    const std::int32_t partition = message.partition < to.partitions ? message.partition : RD_KAFKA_PARTITION_UA;
    HeadersHandle headers = headers_of(to.origin, message, rejected.reject, settings.consumer_group);
    std::array<rd_kafka_vu_t, 7> fields{};
    std::size_t used = 0;
    const auto field = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
      fields[used].vtype = type;
      return fields[used++];
    };
    // A pointer tells an empty key or value from none at all.
    const auto memory = [](std::string_view bytes) {
      return std::pair(const_cast<char*>(bytes.data() == nullptr ? "" : bytes.data()), bytes.size());
    };
    field(RD_KAFKA_VTYPE_TOPIC).u.cstr = to.topic.c_str();
    field(RD_KAFKA_VTYPE_PARTITION).u.i32 = partition;
    field(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK;
    if (message.has_key) {
      const auto [data, size] = memory(message.key);
      field(RD_KAFKA_VTYPE_KEY).u.mem = {data, size};
    }
    if (message.has_value) {
      const auto [data, size] = memory(message.value);
      field(RD_KAFKA_VTYPE_VALUE).u.mem = {data, size};
    }
    field(RD_KAFKA_VTYPE_OPAQUE).u.ptr = ticket.get();
    field(RD_KAFKA_VTYPE_HEADERS).u.headers = headers.get();
    const ErrorHandle error(rd_kafka_produceva(client.get(), fields.data(), used));
    if (error != nullptr) {
      deliver(*ticket, rd_kafka_error_code(error.get()));
      return;
    }
    (void)headers.release();  // the message's now
    (void)ticket.release();   // its delivery report's
  }
};

DeadLetterTopic::DeadLetterTopic(DeadLetterTopicSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

DeadLetterTopic::~DeadLetterTopic() {
  impl_->stopping = true;
  if (impl_->hearing.joinable()) impl_->hearing.join();
  if (impl_->client == nullptr) return;
  // What is still under way belongs to batches that were given up: nobody waits for it.
  rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(impl_->client.get(), 500);
}

std::optional<std::string> DeadLetterTopic::publish(const std::string& origin, const std::vector<Message>& messages,
                                                    std::vector<RejectedMessage>& rejected) {
  const std::string topic = origin + impl_->settings.suffix;
  const auto until = std::chrono::steady_clock::now() + impl_->settings.acknowledge_within;
  std::vector<std::size_t> todo = those_with(InTopic::no, rejected);
  if (todo.empty()) return std::nullopt;
  try {
    const std::int32_t partitions = impl_->prepare(origin, topic);
    std::string why = impl_->send_all({topic, partitions, origin, messages}, rejected, todo);
    // One that is too large takes all with it that travel in the same request: those are sent alone.
    for (const std::size_t i : todo.size() > 1 ? refused_of(rejected, todo) : std::vector<std::size_t>()) {
      rejected[i].in_topic = InTopic::no;
      if (std::chrono::steady_clock::now() > until) continue;
      const std::string alone = impl_->send_all({topic, partitions, origin, messages}, rejected, {i});
      if (!alone.empty()) why = alone;
    }
    for (const std::size_t i : refused_of(rejected, todo)) {
      const Message& message = messages.at(rejected[i].message);
      log::warn({.topic = origin, .partition = message.partition, .offset = message.offset},
                "dead-letter topic {} does not take this message ({}): it goes to the table", topic,
                plural(message.value.size(), "byte"));
    }
    todo = those_with(InTopic::no, rejected);
    if (todo.empty()) return std::nullopt;
    impl_->forget(topic);  // it may be gone, or have fewer partitions than it had
    return fmt::format("dead-letter topic {}: {} not acknowledged: {}", topic, plural(todo.size(), "message"), why);
  } catch (const std::exception& error) {
    return "dead-letter topic " + topic + ": " + error.what();
  }
}

}  // namespace loom::source
