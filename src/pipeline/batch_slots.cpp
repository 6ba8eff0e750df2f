#include "pipeline/batch_slots.h"

namespace loom::pipeline {

using batch::Batch;

BatchSlots::BatchSlots(MemoryBudget& memory) : memory_(memory) { memory_.join(); }

BatchSlots::~BatchSlots() {
  memory_.change(accounted_, 0);
  memory_.leave();
}

void BatchSlots::begin(const std::string& topic, const std::shared_ptr<const mapping::TopicPlan>& plan) {
  empty_spent();
  growing_ = spare_ != nullptr ? std::move(spare_) : std::make_unique<Batch>();
  spare_bytes_ = 0;
  growing_->topic = topic;
  growing_->plan = plan;
  growing_->decoding = {};
}

std::unique_ptr<Batch> BatchSlots::send(std::unique_ptr<Batch> batch) {
  out_ = true;
  out_bytes_ = batch->footprint();
  account();
  return batch;
}

void BatchSlots::answered() {
  out_ = false;
  out_bytes_ = 0;
}

void BatchSlots::hold(std::unique_ptr<Batch> batch) {
  held_ = std::move(batch);
  account();
}

void BatchSlots::put_aside(std::unique_ptr<Batch> batch) {
  empty_spent();
  spent_ = std::move(batch);
  account();
}

void BatchSlots::empty_spent() {
  if (spent_ == nullptr) return;
  std::unique_ptr<Batch> batch = std::move(spent_);
  const std::size_t kept = batch->rows.bytes();
  batch->messages.clear();
  batch->rows.clear();
  batch->rejected.clear();
  batch->rejected_if_stored.clear();
  batch->ranges.clear();
  batch->message_bytes = 0;
  if (!memory_.scarce()) {
    spare_ = std::move(batch);
    spare_bytes_ = kept;
  }
  account();
}

void BatchSlots::drop_spare() {
  spent_.reset();
  spare_.reset();
  spare_bytes_ = 0;
  account();
}

void BatchSlots::drop_spare_if_scarce() {
  if (memory_.scarce()) drop_spare();
}

void BatchSlots::account() {
  std::size_t now = out_bytes_ + spare_bytes_;
  if (growing_ != nullptr) now += growing_->footprint();
  if (held_ != nullptr) now += held_->footprint();
  if (spent_ != nullptr) now += spent_->footprint();
  memory_.change(std::exchange(accounted_, now), now);
}

}  // namespace loom::pipeline
