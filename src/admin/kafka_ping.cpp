#include "admin/kafka_ping.h"

#include <string_view>
#include <utility>

#include "admin/kafka_client.h"
#include "base/mutex.h"

namespace loom::admin {
namespace {

/// The client's last complaint, which says more than the error of a call: librdkafka gives it only to its log.
class LastComplaint {
 public:
  /// `[thrd:NAME]: what happened`
  void put(std::string_view text) {
    const auto thread_end = text.find("]: ");
    if (text.starts_with('[') && thread_end != std::string_view::npos) text.remove_prefix(thread_end + 3);
    const MutexLock lock(mutex_);
    text_ = text;
  }
  std::string take() {
    const MutexLock lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  Mutex mutex_;
  std::string text_ LOOM_GUARDED_BY(mutex_);
};

/// The user's settings, and over them those that decide how soon the client notices that a broker went or came.
std::map<std::string, std::string> quick(std::map<std::string, std::string> properties,
                                         std::chrono::milliseconds within) {
  const std::string limit = std::to_string(within.count());
  properties["socket.timeout.ms"] = limit;  // and then a new connection: a cut wire does not heal by itself
  properties["socket.connection.setup.timeout.ms"] = limit;
  properties["reconnect.backoff.ms"] = "50";
  properties["reconnect.backoff.max.ms"] = "500";
  properties["statistics.interval.ms"] = "0";
  return properties;
}

}  // namespace

struct KafkaPing::Impl {
  std::string bootstrap;
  int within_ms;
  LastComplaint complaint;  // outlives the client, whose threads write to it
  KafkaClient client;
};

KafkaPing::KafkaPing(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                     std::chrono::milliseconds within)
    : impl_(std::make_unique<Impl>()) {
  impl_->bootstrap = bootstrap;
  impl_->within_ms = static_cast<int>(within.count());
  KafkaConf conf = make_kafka_conf(bootstrap, {}, quick(properties, within));
  rd_kafka_conf_set_opaque(conf.get(), &impl_->complaint);
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t* client, int level, const char*, const char* text) {
    constexpr int kError = 3;  // syslog's
    if (level <= kError) static_cast<LastComplaint*>(rd_kafka_opaque(client))->put(text);
  });
  impl_->client = make_kafka_producer(std::move(conf));
}

KafkaPing::~KafkaPing() = default;

std::string KafkaPing::ask() {
  const rd_kafka_metadata_t* raw = nullptr;
  // Of no topic: the brokers alone.
  const auto error = rd_kafka_metadata(impl_->client.get(), 0, nullptr, &raw, impl_->within_ms);
  const std::unique_ptr<const rd_kafka_metadata_t, KafkaDeleter<rd_kafka_metadata_destroy>> metadata(raw);
  const std::string complaint = impl_->complaint.take();
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return "no answer from Kafka at " + impl_->bootstrap + ": " +
         (complaint.empty() ? std::string(rd_kafka_err2str(error)) : complaint);
}

}  // namespace loom::admin
