#include "sink/dead_letter_step.h"

#include <cstdint>
#include <string>
#include <utility>

#include "batch/dead_letter_publisher.h"
#include "sink/dead_letters.h"
#include "sink/read_again.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

/// The messages of a replay that are dead letters no more.
std::vector<std::uint32_t> stored_of(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected) {
  std::vector<std::uint32_t> stored;
  auto next = rejected.begin();  // both are in order of message
  for (std::uint32_t message = 0; message < batch.replayed.size(); ++message) {
    if (next != rejected.end() && next->message == message) {
      ++next;
    } else {
      stored.push_back(message);
    }
  }
  return stored;
}

void add_replayed(const Job& job, const std::vector<batch::RejectedMessage>& rejected, Script& script) {
  const auto stored = stored_of(job.batch, rejected);
  if (!stored.empty()) script.command(statements::repair_dead_letters(job.batch, stored));
  // Why another value was refused is no reason of the message that was sent.
  if (rejected.empty() || job.batch.corrected) return;
  script.command(statements::update_dead_letters(job.batch, rejected,
                                                 [&](std::string_view text) { return job.connection.literal(text); }));
}

std::optional<std::string> publish(const DatabaseSettings& settings, const std::string& topic,
                                   const std::vector<Message>& messages, bool is_replay,
                                   std::vector<batch::RejectedMessage>& rejected) {
  batch::DeadLetterPublisher* const publisher = settings.dead_letters.topic;
  if (publisher == nullptr || rejected.empty() || is_replay) return std::nullopt;
  return publisher->publish(topic, messages, rejected);
}

}  // namespace

std::optional<std::string> publish_dead_letters(const DatabaseSettings& settings, batch::Batch& batch) {
  return publish(settings, batch.topic, batch.messages, !batch.replayed.empty(), batch.rejected);
}

std::optional<std::string> publish_dead_letters(const Job& job, std::vector<batch::RejectedMessage>& found) {
  return publish(job.settings, job.batch.topic, job.batch.messages, !job.batch.replayed.empty(), found);
}

ByteBuffer add_dead_letters(const Job& job, const std::vector<batch::RejectedMessage>& rejected, Script& script) {
  if (!job.batch.replayed.empty()) {
    add_replayed(job, rejected, script);
    return {};
  }
  if (const auto ids = rows_now(job.batch, rejected); !ids.empty()) {
    script.command(statements::forget_dead_letters(
        job.settings, ids, [&](std::string_view text) { return job.connection.literal(text); }));
  }
  ByteBuffer dead = encode_dead_letters(job.settings.consumer_group, job.batch, rejected, job.settings.dead_letters);
  if (!dead.empty()) {
    script.copy(statements::copy_dead_letters(), {true, {dead.view()}}, Failpoint::writing_dead_letter);
  }
  return dead;
}

}  // namespace loom::sink
