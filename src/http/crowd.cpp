#include "http/crowd.h"

#include <algorithm>
#include <utility>

namespace loom::http {

void Crowd::enter(std::shared_ptr<Member> one) {
  while (!members_.empty() && members_.size() >= limits_.connections_most) make_room();
  Member& entered = *one;
  entered.place_ = members_.insert(members_.end(), std::move(one));
}

void Crowd::leave(Member& one) {
  if (!one.place_) return;
  const std::shared_ptr<Member> left = std::move(**one.place_);
  members_.erase(*std::exchange(left->place_, std::nullopt));
  untaken_bytes_ -= std::exchange(left->untaken_bytes_, 0);
  left->cut_off();
}

void Crowd::await_client(Member& one, std::chrono::milliseconds most, std::size_t untaken_bytes) {
  begin_to_wait(one, std::chrono::steady_clock::now() + most, untaken_bytes);
  while (untaken_bytes_ > limits_.untaken_bytes_most) {
    const auto deaf =
        std::find_if(members_.begin(), members_.end(), [](const auto& member) { return member->untaken_bytes_ > 0; });
    if (deaf->get() == &one) return;  // the newest, which is the only one
    leave(**deaf);
  }
}

void Crowd::await_answer(Member& one) { begin_to_wait(one, std::nullopt, 0); }

void Crowd::begin_to_wait(Member& one, std::optional<TimePoint> client_until, std::size_t untaken_bytes) {
  if (!one.place_) return;
  members_.splice(members_.end(), members_, *one.place_);
  one.client_until_ = client_until;
  untaken_bytes_ += untaken_bytes;
  untaken_bytes_ -= std::exchange(one.untaken_bytes_, untaken_bytes);
}

void Crowd::make_room() {
  if (members_.empty()) return;
  const auto idle = std::find_if(members_.begin(), members_.end(),
                                 [](const auto& member) { return member->client_until_.has_value(); });
  leave(idle == members_.end() ? *members_.front() : **idle);
}

template <typename Which>
void Crowd::part_with(Which which) {
  for (auto next = members_.begin(); next != members_.end();) {
    Member& one = **next++;
    if (which(one)) leave(one);
  }
}

void Crowd::part_with_late(TimePoint now) {
  part_with([now](const Member& one) { return one.client_until_ && *one.client_until_ <= now; });
}

void Crowd::part_with_those_that_wait_for_clients() {
  part_with([](const Member& one) { return one.client_until_.has_value(); });
}

void Crowd::part_with_all() {
  part_with([](const Member&) { return true; });
}

}  // namespace loom::http
