#include "admin/kafka_admin.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "admin/kafka_client.h"

namespace loom::admin {
namespace {

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDeleter<rd_kafka_NewTopic_destroy>>;
using GroupOffsetsRequest =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, KafkaDeleter<rd_kafka_ListConsumerGroupOffsets_destroy>>;
using NewOffsets =
    std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t, KafkaDeleter<rd_kafka_AlterConsumerGroupOffsets_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, KafkaDeleter<rd_kafka_metadata_destroy>>;

std::string text(rd_kafka_resp_err_t error) { return rd_kafka_err2str(error); }

/// The same question may be answered a moment later.
class NotNow : public KafkaError {
 public:
  using KafkaError::KafkaError;
};

}  // namespace

struct KafkaAdmin::Impl {
  std::string bootstrap;
  std::chrono::milliseconds timeout;
  KafkaConsumer client;

  [[nodiscard]] int timeout_ms() const { return static_cast<int>(timeout.count()); }

  [[noreturn]] void fail(const std::string& what, const std::string& why) const {
    throw KafkaError(what + " (Kafka at " + bootstrap + "): " + why);
  }

  /// The group's part of an answer failed. Fails: NotNow where asking again helps.
  [[noreturn]] void fail_group(const std::string& what, const rd_kafka_error_t* error) const {
    switch (rd_kafka_error_code(error)) {
      case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
      case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
        throw NotNow(what + " (Kafka at " + bootstrap + "): " + rd_kafka_error_string(error));
      default:
        fail(what, rd_kafka_error_string(error));
    }
  }

  /// Asks a group's coordinator, again when it has moved or, on brokers that have just started, is not there yet.
  template <typename Ask>
  auto ask_coordinator(const Ask& ask) const {
    constexpr std::chrono::milliseconds kBetween{300};
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (true) {
      try {
        return ask();
      } catch (const NotNow&) {
        if (std::chrono::steady_clock::now() + kBetween > until) throw;
        std::this_thread::sleep_for(kBetween);
      }
    }
  }

  [[nodiscard]] KafkaAdminOptions options(rd_kafka_admin_op_t operation) const {
    KafkaAdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
    std::array<char, 256> error{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms(), error.data(), error.size());
    return options;
  }

  /// Waits for the answer to the request just sent into `queue`.
  KafkaEvent answer(const KafkaQueue& queue, const std::string& what) const {
    KafkaEvent event(rd_kafka_queue_poll(queue.get(), timeout_ms() + 2000));
    if (!event) fail(what, "no answer");
    if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail(what, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }

  std::optional<int> partition_count(const std::string& topic) const {
    const std::unique_ptr<rd_kafka_topic_t, KafkaDeleter<rd_kafka_topic_destroy>> handle(
        rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
    if (!handle) fail("topic " + topic, text(rd_kafka_last_error()));
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client.get(), 0, handle.get(), &raw, timeout_ms());
    const Metadata metadata(raw);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot read the metadata of topic " + topic, text(error));
    if (metadata->topic_cnt != 1) return std::nullopt;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR || found.partition_cnt == 0) return std::nullopt;
    return found.partition_cnt;
  }

  /// Each partition's offset for a time, or for RD_KAFKA_OFFSET_BEGINNING or _END; in the same order, -1 where it does
  /// not answer. A topic that is gone fails alone.
  [[nodiscard]] std::vector<TopicPartitionOffset> look_up(const std::vector<TopicPartitionOffset>& partitions,
                                                          std::int64_t query) const {
    // One request per broker for many partitions, but not for any number: librdkafka looks for each of the answers in
    // the whole list (6,000 at once: 120 ms of a core, 128 at a time: a few).
    constexpr std::size_t kAtOnce = 128;
    std::vector<TopicPartitionOffset> found;
    found.reserve(partitions.size());
    for (std::size_t begin = 0; begin < partitions.size(); begin += kAtOnce) {
      look_up(partitions, begin, std::min(begin + kAtOnce, partitions.size()), query, found);
    }
    return found;
  }

  void look_up(const std::vector<TopicPartitionOffset>& partitions, std::size_t begin, std::size_t end,
               std::int64_t query, std::vector<TopicPartitionOffset>& found) const {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(end - begin)));
    for (std::size_t i = begin; i < end; ++i) {
      rd_kafka_topic_partition_list_add(list.get(), partitions[i].topic.c_str(), partitions[i].partition)->offset =
          query;
    }
    const auto error = rd_kafka_offsets_for_times(client.get(), list.get(), timeout_ms());
    const bool all_failed = error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (all_failed) fail("cannot look up offsets", text(error));
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& one = list->elems[i];
      const bool answered = one.err == RD_KAFKA_RESP_ERR_NO_ERROR && one.offset >= 0;
      found.push_back({one.topic, one.partition, answered ? one.offset : -1});
    }
  }

  [[nodiscard]] std::vector<TopicPartitionOffset> committed(const std::string& group) const;
  [[nodiscard]] std::vector<std::string> members(const std::string& group) const;
  void set_committed(const std::string& group, const std::vector<TopicPartitionOffset>& offsets) const;

  bool send_create(const std::string& topic, int partitions) const {
    const std::string what = "cannot create topic " + topic;
    std::array<char, 512> error{};
    const NewTopic wanted(rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, error.data(), error.size()));
    if (!wanted) fail(what, error.data());
    const KafkaQueue queue(rd_kafka_queue_new(client.get()));
    const KafkaAdminOptions how = options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_NewTopic_t* topics = wanted.get();
    rd_kafka_CreateTopics(client.get(), &topics, 1, how.get(), queue.get());
    const KafkaEvent event = answer(queue, what);
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = rd_kafka_topic_result_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, rd_kafka_topic_result_error_string(results[i]));
    }
    return true;
  }
};

KafkaAdmin::KafkaAdmin(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                       std::chrono::milliseconds timeout)
    // A consumer that never joins: librdkafka (all versions up to 2.14.2) runs into a null pointer in a client without
    // a group when the broker that it asks for a group's offsets is not the group's coordinator.
    : impl_(new Impl{
          bootstrap, timeout,
          make_kafka_consumer(make_kafka_conf(bootstrap, {{"group.id", "kafka-to-db-consumer-admin"}}, properties))}) {}
KafkaAdmin::~KafkaAdmin() = default;
KafkaAdmin::KafkaAdmin(KafkaAdmin&&) noexcept = default;
KafkaAdmin& KafkaAdmin::operator=(KafkaAdmin&&) noexcept = default;

rd_kafka_s* KafkaAdmin::client() const { return impl_->client.get(); }

bool KafkaAdmin::create_topic(const std::string& topic, int partitions) {
  const bool created = impl_->send_create(topic, partitions);
  // The controller has it at once, the brokers' metadata a moment later.
  const auto deadline = std::chrono::steady_clock::now() + impl_->timeout;
  while (!impl_->partition_count(topic)) {
    if (std::chrono::steady_clock::now() > deadline) {
      impl_->fail("topic " + topic, "created, but the brokers do not know it yet");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return created;
}

std::optional<int> KafkaAdmin::partition_count(const std::string& topic) { return impl_->partition_count(topic); }

std::map<std::string, std::vector<std::int32_t>> KafkaAdmin::leaders() {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(impl_->client.get(), 1, nullptr, &raw, impl_->timeout_ms());
  const Metadata metadata(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) impl_->fail("cannot read the cluster's topics", text(error));
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (int t = 0; t < metadata->topic_cnt; ++t) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[t];
    auto& leaders = topics[topic.topic];
    leaders.assign(static_cast<std::size_t>(std::max(topic.partition_cnt, 0)), -1);
    for (int p = 0; p < topic.partition_cnt; ++p) {
      const auto id = static_cast<std::size_t>(topic.partitions[p].id);
      if (id < leaders.size()) leaders[id] = topic.partitions[p].leader;
    }
  }
  return topics;
}

std::vector<TopicPartitionOffset> KafkaAdmin::committed(const std::string& group) {
  return impl_->ask_coordinator([&] { return impl_->committed(group); });
}

std::vector<TopicPartitionOffset> KafkaAdmin::Impl::committed(const std::string& group) const {
  const std::string what = "cannot read the offsets of group " + group;
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const GroupOffsetsRequest request(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  const KafkaAdminOptions how = options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  rd_kafka_ListConsumerGroupOffsets_t* requests = request.get();
  rd_kafka_ListConsumerGroupOffsets(client.get(), &requests, 1, how.get(), queue.get());
  const KafkaEvent event = answer(queue, what);

  std::vector<TopicPartitionOffset> found;
  std::size_t count = 0;
  const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i])) {
      fail_group(what, error);
    }
    const rd_kafka_topic_partition_list_t* partitions = rd_kafka_group_result_partitions(groups[i]);
    for (int p = 0; p < partitions->cnt; ++p) {
      const rd_kafka_topic_partition_t& one = partitions->elems[p];
      if (one.offset >= 0) found.push_back({one.topic, one.partition, one.offset});
    }
  }
  return found;
}

std::vector<TopicPartitionOffset> KafkaAdmin::end_offsets(const std::vector<TopicPartitionOffset>& partitions) {
  std::vector<TopicPartitionOffset> ends = impl_->look_up(partitions, RD_KAFKA_OFFSET_END);
  std::erase_if(ends, [](const TopicPartitionOffset& one) { return one.offset < 0; });
  return ends;
}

std::vector<std::optional<OffsetRangeOfLog>> KafkaAdmin::ranges(const std::vector<TopicPartitionOffset>& partitions) {
  const auto begins = impl_->look_up(partitions, RD_KAFKA_OFFSET_BEGINNING);
  const auto ends = impl_->look_up(partitions, RD_KAFKA_OFFSET_END);
  std::vector<std::optional<OffsetRangeOfLog>> ranges(partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (begins[i].offset >= 0 && ends[i].offset >= 0) ranges[i] = OffsetRangeOfLog{begins[i].offset, ends[i].offset};
  }
  return ranges;
}

std::vector<TopicPartitionOffset> KafkaAdmin::offsets_at(const std::vector<TopicPartitionOffset>& partitions,
                                                         std::int64_t timestamp_ms) {
  auto found = impl_->look_up(partitions, std::max<std::int64_t>(timestamp_ms, 0));
  const auto ends = impl_->look_up(partitions, RD_KAFKA_OFFSET_END);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].offset < 0) found[i].offset = ends[i].offset;
    if (found[i].offset < 0) {
      impl_->fail(
          "cannot look up a time in topic " + found[i].topic + " partition " + std::to_string(found[i].partition),
          "the partition does not answer");
    }
  }
  return found;
}

std::vector<std::string> KafkaAdmin::members(const std::string& group) {
  return impl_->ask_coordinator([&] { return impl_->members(group); });
}

std::vector<std::string> KafkaAdmin::Impl::members(const std::string& group) const {
  const std::string what = "cannot ask who is in group " + group;
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const KafkaAdminOptions how = options(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(client.get(), &name, 1, how.get(), queue.get());
  const KafkaEvent event = answer(queue, what);
  std::size_t count = 0;
  const auto** groups =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  std::vector<std::string> members;
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[i])) {
      if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
      fail_group(what, error);
    }
    for (std::size_t m = 0; m < rd_kafka_ConsumerGroupDescription_member_count(groups[i]); ++m) {
      const auto* member = rd_kafka_ConsumerGroupDescription_member(groups[i], m);
      members.push_back(std::string(rd_kafka_MemberDescription_client_id(member)) + " at " +
                        rd_kafka_MemberDescription_host(member));
    }
  }
  return members;
}

void KafkaAdmin::set_committed(const std::string& group, const std::vector<TopicPartitionOffset>& offsets) {
  if (!offsets.empty()) impl_->ask_coordinator([&] { impl_->set_committed(group, offsets); });
}

void KafkaAdmin::Impl::set_committed(const std::string& group, const std::vector<TopicPartitionOffset>& offsets) const {
  const std::string what = "cannot commit offsets of group " + group;
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const TopicPartitionOffset& one : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), one.topic.c_str(), one.partition)->offset = one.offset;
  }
  const NewOffsets request(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get()));
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const KafkaAdminOptions how = options(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
  rd_kafka_AlterConsumerGroupOffsets_t* requests = request.get();
  rd_kafka_AlterConsumerGroupOffsets(client.get(), &requests, 1, how.get(), queue.get());
  const KafkaEvent event = answer(queue, what);
  std::size_t count = 0;
  const auto** groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i])) {
      fail_group(what, error);
    }
    const rd_kafka_topic_partition_list_t* done = rd_kafka_group_result_partitions(groups[i]);
    for (int p = 0; p < done->cnt; ++p) {
      if (done->elems[p].err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, text(done->elems[p].err));
    }
  }
}

}  // namespace loom::admin
