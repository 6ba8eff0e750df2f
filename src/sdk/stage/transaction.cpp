#include "sdk/stage/transaction.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "admin/kafka_client.h"
#include "sdk/stage/producer.h"

namespace loom::kafka::stage {
namespace {

using ErrorHandle = std::unique_ptr<rd_kafka_error_t, admin::KafkaDeleter<rd_kafka_error_destroy>>;
using MetadataHandle =
    std::unique_ptr<rd_kafka_consumer_group_metadata_t, admin::KafkaDeleter<rd_kafka_consumer_group_metadata_destroy>>;

/// How long a call may take before we look whether the stage is to end. What it began goes on with the next call.
constexpr int kStepMs = 500;

bool is_of_the_group(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
      return true;
    default:
      return false;
  }
}

/// Whether the group still counts on this member, as far as it knows itself.
bool is_member(rd_kafka_t* consumer) {
  if (rd_kafka_assignment_lost(consumer) != 0) return false;
  char* id = rd_kafka_memberid(consumer);
  const bool known = id != nullptr && *id != '\0';
  if (id != nullptr) rd_kafka_mem_free(consumer, id);
  return known;
}

}  // namespace

template <typename Call>
StepResult Transaction::repeat(const char* what, const Call& call) {
  while (true) {
    const ErrorHandle error(call());
    if (error == nullptr) return StepResult::done;
    why_ = std::string(what) + ": " + rd_kafka_error_string(error.get());
    if (rd_kafka_error_is_fatal(error.get()) != 0) throw ShutOut(why_);
    if (is_of_the_group(rd_kafka_error_code(error.get()))) return StepResult::group_moved;
    if (rd_kafka_error_txn_requires_abort(error.get()) != 0) return StepResult::abort;
    if (rd_kafka_error_is_retriable(error.get()) == 0) throw std::runtime_error(why_);
    if (stop_.overdue()) return StepResult::given_up;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

StepResult Transaction::init() {
  return repeat("no transactions yet", [&] { return rd_kafka_init_transactions(producer_, kStepMs); });
}

StepResult Transaction::begin() {
  return repeat("a transaction cannot begin", [&] { return rd_kafka_begin_transaction(producer_); });
}

StepResult Transaction::send_offsets(rd_kafka_s* consumer, const std::vector<Position>& positions) {
  if (positions.empty()) return StepResult::done;
  const admin::KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& at : positions) {
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = at.offset;
  }
  const MetadataHandle group(rd_kafka_consumer_group_metadata(consumer));
  // Asked after the metadata was made: the brokers do not check metadata of no member at all, which is what a member
  // has that the group has just given up. It becomes one anew only after its rebalance callback, on this thread.
  if (group == nullptr || !is_member(consumer)) {
    why_ = "the group has given this member up";
    return StepResult::group_moved;
  }
  return repeat("offsets were not taken into the transaction",
                [&] { return rd_kafka_send_offsets_to_transaction(producer_, list.get(), group.get(), kStepMs); });
}

StepResult Transaction::commit() {
  return repeat("a transaction cannot be committed", [&] { return rd_kafka_commit_transaction(producer_, kStepMs); });
}

StepResult Transaction::abort() {
  return repeat("a transaction cannot be aborted", [&] { return rd_kafka_abort_transaction(producer_, kStepMs); });
}

}  // namespace loom::kafka::stage
