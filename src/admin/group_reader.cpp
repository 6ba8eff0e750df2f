#include "admin/group_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "admin/kafka_client.h"
#include "admin/member_assignment.h"

namespace loom::admin {
namespace {

using GroupList = std::unique_ptr<const rd_kafka_group_list, KafkaDeleter<rd_kafka_group_list_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, KafkaDeleter<rd_kafka_message_destroy>>;
using Steady = std::chrono::steady_clock;

KafkaPartitions list_of(const std::vector<TopicPartitionOffset>& partitions) {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartitionOffset& one : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), one.topic.c_str(), one.partition)->offset = one.offset;
  }
  return list;
}

/// Takes one message into the answer that it is for. True when that was still open.
bool take(const rd_kafka_message_t& message, const std::map<std::pair<std::string, std::int32_t>, std::size_t>& index,
          std::vector<RecordAt>& answers) {
  if (message.rkt == nullptr) return false;
  const auto place = index.find({rd_kafka_topic_name(message.rkt), message.partition});
  if (place == index.end()) return false;
  RecordAt& answer = answers[place->second];
  if (answer.answer != RecordAt::Answer::none) return false;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    answer = {RecordAt::Answer::found, rd_kafka_message_timestamp(&message, nullptr)};
  } else if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    answer.answer = RecordAt::Answer::end;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::map<std::string, std::string> GroupReader::properties(std::map<std::string, std::string> users,
                                                           const std::string& group) {
  for (const char* name : {"max.partition.fetch.bytes", "group.instance.id", "queued.max.messages.kbytes"}) {
    users.erase(name);
  }
  const std::map<std::string, std::string> ours{
      {"group.id", group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      // What retention has deleted is lost anyway: the first message that is left is the one that waits.
      {"auto.offset.reset", "earliest"},
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", "true"},
      {"queued.min.messages", "1"},
      // A broker gives whole batches or, but for one partition of its answer, nothing: so not less than a batch can be.
      {"fetch.message.max.bytes", "1048576"},
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "100"},
      {"statistics.interval.ms", "0"}};
  for (const auto& [name, value] : ours) users[name] = value;
  return users;
}

GroupReader::GroupReader(KafkaAdmin& admin, std::string group, std::chrono::milliseconds timeout)
    : admin_(admin), group_(std::move(group)), timeout_(timeout) {
  rd_kafka_poll_set_consumer(admin_.client());
}

void GroupReader::fail(const std::string& what, int error) const {
  throw KafkaError(what + " " + group_ + ": " + rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)));
}

std::vector<TopicPartitionOffset> GroupReader::committed(const std::vector<TopicPartitionOffset>& partitions) {
  std::vector<TopicPartitionOffset> found;
  if (partitions.empty()) return found;
  const KafkaPartitions list = list_of(partitions);
  const auto error = rd_kafka_committed(admin_.client(), list.get(), static_cast<int>(timeout_.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot read the offsets of group", error);
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& one = list->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot read the offsets of group", one.err);
    if (one.offset >= 0) found.push_back({one.topic, one.partition, one.offset});
  }
  return found;
}

GroupAssignment GroupReader::assignment() {
  const rd_kafka_group_list* raw = nullptr;
  const auto error = rd_kafka_list_groups(admin_.client(), group_.c_str(), &raw, static_cast<int>(timeout_.count()));
  const GroupList list(raw);
  // Every broker is asked. One that is down does not matter when the group's coordinator has answered.
  const bool found = list && list->group_cnt == 1;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && !found) fail("cannot ask who is in group", error);
  GroupAssignment assignment;
  if (!found) return assignment;
  const rd_kafka_group_info& group = list->groups[0];
  if (group.err != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot ask who is in group", group.err);
  assignment.settled = std::string_view(group.state).find("Rebalance") == std::string_view::npos;
  for (int i = 0; i < group.member_cnt; ++i) {
    const rd_kafka_group_member_info& member = group.members[i];
    read_member_assignment({static_cast<const char*>(member.member_assignment),
                            static_cast<std::size_t>(std::max(member.member_assignment_size, 0))},
                           assignment.owned);
  }
  return assignment;
}

std::vector<RecordAt> GroupReader::records(const std::vector<TopicPartitionOffset>& places,
                                           std::chrono::milliseconds within) {
  // Each can bring a mebibyte with it.
  constexpr std::size_t kAtOnce = 32;
  const auto deadline = Steady::now() + within;
  std::vector<RecordAt> answers;
  for (std::size_t begin = 0; begin < places.size() && Steady::now() < deadline; begin += kAtOnce) {
    const auto first = places.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(kAtOnce, places.size() - begin));
    const std::vector<RecordAt> some = records_at_once({first, last}, deadline);
    answers.insert(answers.end(), some.begin(), some.end());
  }
  answers.resize(places.size());
  return answers;
}

std::vector<RecordAt> GroupReader::records_at_once(const std::vector<TopicPartitionOffset>& places,
                                                   Steady::time_point deadline) {
  std::vector<RecordAt> answers(places.size());
  std::map<std::pair<std::string, std::int32_t>, std::size_t> index;
  for (std::size_t i = 0; i < places.size(); ++i) index[{places[i].topic, places[i].partition}] = i;
  rd_kafka_t* client = admin_.client();
  if (rd_kafka_assign(client, list_of(places).get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return answers;
  std::size_t open = places.size();
  while (open > 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) break;
    const Message message(rd_kafka_consumer_poll(client, static_cast<int>(std::min<std::int64_t>(left, 100))));
    if (message && take(*message, index, answers)) --open;
  }
  // What was prefetched goes with the assignment.
  rd_kafka_assign(client, nullptr);
  return answers;
}

}  // namespace loom::admin
