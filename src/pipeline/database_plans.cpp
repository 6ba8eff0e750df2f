#include "pipeline/database_plans.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "mapping/topic_pattern.h"
#include "pipeline/compile_topic.h"
#include "sink/catalog_reader.h"

namespace loom::pipeline {

namespace {

using mapping::Problem;
using mapping::TopicMapping;

std::string errors_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (problem.severity != mapping::Severity::error) continue;
    if (!text.empty()) text += "; ";
    text += problem.message;
  }
  return text;
}

}  // namespace

DatabasePlans::DatabasePlans(std::shared_ptr<const mapping::MappingFile> file, std::string database_url)
    : url_(std::move(database_url)), file_(std::move(file)), thread_([this] { run(); }) {}

DatabasePlans::~DatabasePlans() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

std::shared_ptr<const mapping::MappingFile> DatabasePlans::file() const {
  const MutexLock lock(mutex_);
  return file_;
}

bool DatabasePlans::has_plan(const std::string& mapping) const {
  const MutexLock lock(mutex_);
  return plans_.contains(mapping);
}

void DatabasePlans::request(const std::string& topic, bool fresh, std::function<void(PlanAnswer)> answer) {
  PlanAnswer known;
  {
    const MutexLock lock(mutex_);
    const TopicMapping* mapping = find_topic(*file_, topic);
    if (mapping == nullptr) {
      known.error = "no mapping names this topic";
    } else if (const auto plan = plans_.find(mapping->topic); !fresh && plan != plans_.end()) {
      known.plan = plan->second;
    } else {
      requests_.push_back({.topic = topic, .answer = std::move(answer)});
      asked_.notify_one();
      return;
    }
  }
  answer(std::move(known));
}

PreparedPlans DatabasePlans::prepare(std::shared_ptr<const mapping::MappingFile> file) const {
  PreparedPlans prepared{.file = std::move(file), .plans = {}, .problems = {}};
  const auto catalog = sink::DatabaseCatalog::read(url_, tables_of(*prepared.file));
  for (const auto& topic : prepared.file->topics) {
    mapping::CompileResult result = compile_topic(topic, catalog, prepared.file->path);
    std::move(result.problems.begin(), result.problems.end(), std::back_inserter(prepared.problems));
    if (result.plan) {
      prepared.plans[topic.topic] = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
    }
  }
  return prepared;
}

PlanChanges DatabasePlans::adopt(PreparedPlans prepared) {
  PlanChanges changes;
  const MutexLock lock(mutex_);
  const auto names = [](const mapping::MappingFile& file, const std::string& topic) {
    return std::any_of(file.topics.begin(), file.topics.end(), [&](const auto& one) { return one.topic == topic; });
  };
  for (const auto& topic : file_->topics) {
    if (!names(*prepared.file, topic.topic)) changes.removed.push_back(topic.topic);
  }
  for (const auto& topic : prepared.file->topics) {
    const auto before = plans_.find(topic.topic);
    const auto now = prepared.plans.find(topic.topic);
    if (!names(*file_, topic.topic)) {
      changes.added.push_back(topic.topic);
    } else if (before != plans_.end() && now != prepared.plans.end() && *before->second == *now->second) {
      now->second = before->second;
    } else if (before != plans_.end() || now != prepared.plans.end()) {
      changes.changed.push_back(topic.topic);
    }
  }
  file_ = std::move(prepared.file);
  plans_ = std::move(prepared.plans);
  return changes;
}

void DatabasePlans::run() {
  pthread_setname_np(pthread_self(), "plans");
  MutexLock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this]() LOOM_REQUIRES(mutex_) { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    std::vector<Request> requests = std::exchange(requests_, {});
    lock.unlock();
    answer_all(std::move(requests));
    lock.lock();
  }
}

void DatabasePlans::answer_all(std::vector<Request> requests) {
  const std::shared_ptr<const mapping::MappingFile> file = this->file();
  std::vector<mapping::TableName> tables;
  for (const auto& request : requests) {
    const TopicMapping* mapping = find_topic(*file, request.topic);
    if (mapping == nullptr) continue;
    for (auto& table : tables_of(*mapping)) tables.push_back(std::move(table));
  }
  std::optional<sink::DatabaseCatalog> catalog;
  std::string error;
  try {
    catalog = sink::DatabaseCatalog::read(url_, tables);
  } catch (const std::exception& failure) {
    error = std::string("the tables' definitions cannot be read: ") + failure.what();
  }
  for (auto& request : requests) {
    PlanAnswer answer{.plan = nullptr, .error = error};
    const TopicMapping* mapping = find_topic(*file, request.topic);
    if (mapping == nullptr) {
      answer.error = "no mapping names this topic";
    } else if (catalog) {
      mapping::CompileResult result = compile_topic(*mapping, *catalog, file->path);
      answer.error = errors_of(result.problems);
      if (result.plan) answer.plan = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
    }
    if (!deliver(*file, mapping, request, std::move(answer))) {
      this->request(request.topic, true, std::move(request.answer));
    }
  }
}

/// False: another mapping file was adopted meanwhile, and the answer is one of yesterday's.
/// Under the lock, so that it cannot arrive after the answer to a question that was asked after the change.
bool DatabasePlans::deliver(const mapping::MappingFile& file, const TopicMapping* mapping, const Request& request,
                            PlanAnswer answer) {
  const MutexLock lock(mutex_);
  if (&file != file_.get()) return false;
  if (answer.plan != nullptr) plans_[mapping->topic] = answer.plan;
  request.answer(std::move(answer));
  return true;
}

}  // namespace loom::pipeline
