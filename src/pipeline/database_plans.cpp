#include "pipeline/database_plans.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <exception>
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

DatabasePlans::DatabasePlans(mapping::MappingFile file, std::string database_url)
    : file_(std::move(file)), url_(std::move(database_url)), thread_([this] { run(); }) {}

DatabasePlans::~DatabasePlans() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

std::vector<std::string> DatabasePlans::topics() const {
  std::vector<std::string> names;
  for (const auto& topic : file_.topics) names.push_back(topic.topic);
  return names;
}

void DatabasePlans::request(const std::string& topic, bool fresh, std::function<void(PlanAnswer)> answer) {
  const TopicMapping* mapping = find_topic(file_, topic);
  if (mapping == nullptr) {
    answer({.plan = nullptr, .error = "no mapping names this topic"});
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    const auto known = plans_.find(mapping->topic);
    if (fresh || known == plans_.end()) {
      requests_.push_back({.topic = mapping->topic, .answer = std::move(answer)});
      asked_.notify_one();
      return;
    }
    answer({.plan = known->second, .error = {}});
  }
}

std::vector<Problem> DatabasePlans::preload() {
  const auto catalog = sink::DatabaseCatalog::read(url_, tables_of(file_));
  std::vector<Problem> problems;
  for (const auto& topic : file_.topics) {
    mapping::CompileResult result = compile_topic(topic, catalog, file_.path);
    std::move(result.problems.begin(), result.problems.end(), std::back_inserter(problems));
    if (!result.plan) continue;
    const std::lock_guard lock(mutex_);
    plans_[topic.topic] = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
  }
  return problems;
}

void DatabasePlans::run() {
  pthread_setname_np(pthread_self(), "plans");
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    const std::vector<Request> requests = std::exchange(requests_, {});
    lock.unlock();
    answer_all(requests);
    lock.lock();
  }
}

void DatabasePlans::answer_all(const std::vector<Request>& requests) {
  std::vector<mapping::TableName> tables;
  for (const auto& request : requests) {
    for (auto& table : tables_of(*find_topic(file_, request.topic))) tables.push_back(std::move(table));
  }
  std::optional<sink::DatabaseCatalog> catalog;
  std::string error;
  try {
    catalog = sink::DatabaseCatalog::read(url_, tables);
  } catch (const std::exception& failure) {
    error = std::string("the tables' definitions cannot be read: ") + failure.what();
  }
  for (const auto& request : requests) {
    PlanAnswer answer{.plan = nullptr, .error = error};
    if (catalog) {
      mapping::CompileResult result = compile_topic(*find_topic(file_, request.topic), *catalog, file_.path);
      answer.error = errors_of(result.problems);
      if (result.plan) {
        answer.plan = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
        const std::lock_guard lock(mutex_);
        plans_[request.topic] = answer.plan;
      }
    }
    request.answer(std::move(answer));
  }
}

}  // namespace loom::pipeline
