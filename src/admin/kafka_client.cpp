#include "admin/kafka_client.h"

#include <array>

#include "base/wrong_setting.h"

namespace loom::admin {
namespace {

using ErrorText = std::array<char, 512>;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  ErrorText error{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) == RD_KAFKA_CONF_OK) return;
  throw WrongSetting("Kafka setting " + name + ": " + error.data());
}

rd_kafka_t* make_client(rd_kafka_type_t type, KafkaConf conf) {
  ErrorText error{};
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), error.data(), error.size());
  if (client == nullptr) throw WrongSetting(std::string("Kafka client: ") + error.data());
  // The client has taken the configuration over.
  static_cast<void>(conf.release());  // NOLINT(bugprone-unused-return-value)
  return client;
}

}  // namespace

KafkaConf make_kafka_conf(const std::string& bootstrap, const KafkaProperties& ours,
                          const std::map<std::string, std::string>& users) {
  KafkaConf conf(rd_kafka_conf_new());
  set(conf.get(), "bootstrap.servers", bootstrap);
  set(conf.get(), "client.id", "kafka-to-db-consumer");
  // Errors only: a user's property may be one for consumers, such as fetch.max.bytes, and no reason to complain here.
  set(conf.get(), "log_level", "3");
  for (const auto& [name, value] : ours) set(conf.get(), name, value);
  for (const auto& [name, value] : users) set(conf.get(), name, value);
  return conf;
}

KafkaClient make_kafka_producer(KafkaConf conf) { return KafkaClient(make_client(RD_KAFKA_PRODUCER, std::move(conf))); }

KafkaConsumer make_kafka_consumer(KafkaConf conf) {
  return KafkaConsumer(make_client(RD_KAFKA_CONSUMER, std::move(conf)));
}

}  // namespace loom::admin
