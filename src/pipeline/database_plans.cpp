#include "pipeline/database_plans.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <set>
#include <utility>

#include "mapping/findings.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "mapping/variants.h"
#include "sink/catalog_reader.h"
#include "sink/database_failure.h"

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

constexpr char kSeparator = '\n';  // in no topic's name, and in no pattern that matches one

/// What a plan is kept under: the mapping's key, and the topic too where each has tables of its own.
std::string plan_key(const TopicMapping& mapping, const std::string& topic) {
  return mapping::has_open_table_name(mapping) ? mapping.topic + kSeparator + topic : mapping.topic;
}

/// Whether a plan that is kept under `key` is one of this mapping.
bool is_plan_of(const std::string& key, const std::string& mapping) {
  return key == mapping || key.starts_with(mapping + kSeparator);
}

using Plans = std::map<std::string, std::shared_ptr<const mapping::TopicPlan>>;

/// Whether a mapping's plans differ. Those that do not stay the ones in use.
bool replace_changed(const std::string& mapping, const Plans& before, Plans& now) {
  std::set<std::string> keys;
  for (const auto& [key, plan] : before) keys.insert(key);
  for (const auto& [key, plan] : now) keys.insert(key);
  bool changed = false;
  for (const auto& key : keys) {
    if (!is_plan_of(key, mapping)) continue;
    const auto old = before.find(key);
    const auto made = now.find(key);
    if (old != before.end() && made != now.end() && *old->second == *made->second) {
      made->second = old->second;
    } else {
      changed = true;
    }
  }
  return changed;
}

bool has_tables_for(const mapping::TopicPlan& plan, const std::set<mapping::TableValues>& values) {
  if (values.empty()) return true;
  const auto known = mapping::known_values(plan);
  return std::includes(known.begin(), known.end(), values.begin(), values.end());
}

bool has_all(const mapping::TopicPlan& plan, const mapping::PlanWants& wants) {
  const auto& known = plan.known_fields;
  return has_tables_for(plan, wants.tables) &&
         (!known || std::all_of(wants.fields.begin(), wants.fields.end(),
                                [&known](const auto& field) { return known->count(field.first) != 0; }));
}

/// The mapping as that of this topic alone, whichever pattern it matches: its schema goes by the topic's name.
TopicMapping of_topic(TopicMapping mapping, const std::string& topic) {
  mapping.topic = topic;
  mapping.is_pattern = false;
  return mapping;
}

/// Tables that are gone, or that another mapping would name otherwise, are asked for again by the next message that
/// wants them; nobody else has to wait for them.
void leave_out_missing(const mapping::Catalog& catalog, std::vector<ConcreteTopic>& topics) {
  std::erase_if(topics, [&catalog](const ConcreteTopic& one) {
    return !one.values.empty() && !one.is_new && one.problem.empty() && lacks_a_table(one, catalog);
  });
}

}  // namespace

DatabasePlans::DatabasePlans(std::shared_ptr<const mapping::MappingFile> file, std::string database_url,
                             MakeTables make_tables, AddColumns add_columns)
    : url_(std::move(database_url)),
      make_tables_(std::move(make_tables)),
      add_columns_(std::move(add_columns)),
      file_(std::move(file)),
      thread_([this] { run(); }) {}

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

std::vector<mapping::TimeTable> DatabasePlans::time_tables() const {
  const MutexLock lock(mutex_);
  std::vector<mapping::TimeTable> found;
  std::set<mapping::TableName> seen;
  for (const auto& topic : file_->topics) {
    if (!topic.storage.is_wanted() || topic.create_table == mapping::CreateTable::never) continue;
    const auto add = [&](const mapping::TableName& table) {
      if (seen.insert(table).second) found.push_back({table, topic.storage});
    };
    for (const auto& [key, plan] : plans_) {
      if (!is_plan_of(key, topic.topic)) continue;
      if (plan->variants.empty()) add(plan->tables[0].name);
      for (const auto& variant : plan->variants) add(plan->tables[variant.first_table].name);
    }
  }
  return found;
}

bool DatabasePlans::has_plan(const std::string& mapping) const {
  const MutexLock lock(mutex_);
  return std::any_of(plans_.begin(), plans_.end(),
                     [&mapping](const auto& plan) { return is_plan_of(plan.first, mapping); });
}

std::shared_ptr<const mapping::TopicPlan> DatabasePlans::plan_in_use(const TopicMapping& mapping,
                                                                     const std::string& topic) const {
  const MutexLock lock(mutex_);
  const auto plan = plans_.find(plan_key(mapping, topic));
  const bool fits = plan != plans_.end() && plan->second->table_headers == mapping::table_headers(mapping);
  return fits ? plan->second : nullptr;
}

void DatabasePlans::request(PlanRequest request, std::function<void(PlanAnswer)> answer) {
  PlanAnswer known;
  {
    const MutexLock lock(mutex_);
    const TopicMapping* mapping = find_topic(*file_, request.topic);
    if (mapping == nullptr) {
      known.error = "no mapping names this topic";
    } else if (const auto plan = plans_.find(plan_key(*mapping, request.topic));
               !request.fresh && plan != plans_.end() && has_all(*plan->second, request.wants)) {
      known.plan = plan->second;
    } else {
      requests_.push_back({.wanted = std::move(request), .answer = std::move(answer)});
      asked_.notify_one();
      return;
    }
  }
  answer(std::move(known));
}

PreparedPlans DatabasePlans::prepare(std::shared_ptr<const mapping::MappingFile> file) const {
  PreparedPlans prepared{.file = std::move(file), .plans = {}, .problems = {}};
  struct Topic {
    const TopicMapping* mapping = nullptr;
    std::vector<ConcreteTopic> concrete;
  };
  std::map<std::string, Topic> topics;  // by plan_key()
  for (const auto& topic : prepared.file->topics) {
    if (!mapping::has_open_table_name(topic)) topics[topic.topic] = {&topic, concrete_topics(topic, topic.topic, {})};
  }
  for (const auto& topic : topics_with_tables()) {
    const TopicMapping* mapping = find_topic(*prepared.file, topic);
    if (mapping == nullptr) continue;
    const auto in_use = plan_in_use(*mapping, topic);
    const auto stored = in_use == nullptr ? std::set<mapping::TableValues>() : mapping::stored_values(*in_use);
    topics[plan_key(*mapping, topic)] = {mapping, concrete_topics(*mapping, topic, stored)};
  }
  std::vector<mapping::TableName> tables;
  for (const auto& [key, topic] : topics) {
    for (auto& table : tables_of(topic.concrete)) tables.push_back(std::move(table));
  }
  const auto catalog = sink::DatabaseCatalog::read(url_, tables);
  for (auto& [key, topic] : topics) {
    for (ConcreteTopic& one : topic.concrete) one.is_new = false;
    leave_out_missing(catalog, topic.concrete);
  }
  for (const auto& [key, topic] : topics) {
    mapping::CompileResult result = compile_topic(*topic.mapping, topic.concrete, catalog, prepared.file->path);
    std::move(result.problems.begin(), result.problems.end(), std::back_inserter(prepared.problems));
    if (result.plan) prepared.plans[key] = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
  }
  std::stable_sort(prepared.problems.begin(), prepared.problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  return prepared;
}

std::vector<std::string> DatabasePlans::topics_with_tables() const {
  std::vector<std::string> topics;
  const MutexLock lock(mutex_);
  for (const auto& [key, plan] : plans_) {
    const std::size_t separator = key.find(kSeparator);
    if (separator != std::string::npos) topics.push_back(key.substr(separator + 1));
  }
  return topics;
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
    if (!names(*file_, topic.topic)) {
      changes.added.push_back(topic.topic);
    } else if (replace_changed(topic.topic, plans_, prepared.plans)) {
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

DatabasePlans::Wanted DatabasePlans::find_mapping(const mapping::MappingFile& file, const std::string& topic,
                                                  const Asked& asked) const {
  Wanted wanted;
  wanted.mapping = find_topic(file, topic);
  if (wanted.mapping == nullptr) {
    wanted.error = "no mapping names this topic";
    return wanted;
  }
  const auto in_use = plan_in_use(*wanted.mapping, topic);
  const auto stored = in_use == nullptr ? std::set<mapping::TableValues>() : mapping::stored_values(*in_use);
  std::set<mapping::TableValues> values = asked.wants.tables;
  if (asked.fresh || in_use == nullptr) {
    // Those that could have no table are left out: the next message that has one asks whether that is still so.
    values.insert(stored.begin(), stored.end());
  } else {
    wanted.grows = in_use;
    for (const auto& known : mapping::known_values(*in_use)) values.erase(known);
  }
  wanted.concrete = concrete_topics(*wanted.mapping, topic, values);
  // Workers count for themselves what they ask for: all together it is counted here.
  std::size_t sets = stored.size();
  for (ConcreteTopic& one : wanted.concrete) {
    one.is_new = stored.count(one.values) == 0;
    if (!one.is_new || one.values.empty() || sets++ < mapping::kMostVariants) continue;
    one.problem = mapping::too_many_variants(one.values);
  }
  using mapping::CreateTable;
  const CreateTable create = wanted.mapping->create_table;
  // At the start its schema may not have been known.
  const bool waits_for_schema = create == CreateTable::from_schema ||
                                (create == CreateTable::by_mapping && wanted.mapping->value_format.needs_registry());
  const bool is_open = mapping::has_open_table_name(*wanted.mapping) && create != CreateTable::never;
  if (make_tables_ && (is_open || (in_use == nullptr && waits_for_schema))) {
    make_tables(file, topic, wanted);
  }
  // Another mapping may have been read since they were asked for.
  if (wanted.error.empty() && wanted.mapping->evolve == mapping::Evolve::add) {
    add_columns(asked.wants.fields, in_use.get(), wanted);
  }
  return wanted;
}

/// Whoever asks takes them for known from then on, also those that there can be no columns for.
void DatabasePlans::add_columns(mapping::NewFields fields, const mapping::TopicPlan* in_use, Wanted& wanted) const {
  if (in_use != nullptr && in_use->known_fields) {
    std::erase_if(fields, [in_use](const auto& field) { return in_use->known_fields->count(field.first) != 0; });
  }
  if (fields.empty() || !add_columns_ || wanted.concrete.size() != 1) return;
  try {
    add_columns_(wanted.concrete.front().mapping, fields);
  } catch (const std::exception& failure) {
    wanted.error = failure.what();
    wanted.cause = sink::cause_of_failure(failure);
  }
}

/// A field that there could be no column for is not asked for again before the mapping is read anew.
void DatabasePlans::know_fields(const TopicMapping& mapping, const std::string& topic, const mapping::NewFields& asked,
                                mapping::TopicPlan& plan) const {
  if (!plan.known_fields) return;
  for (const auto& [name, field] : asked) plan.known_fields->insert(name);
  const auto before = plan_in_use(mapping, topic);
  if (before != nullptr && before->known_fields) {
    plan.known_fields->insert(before->known_fields->begin(), before->known_fields->end());
  }
}

/// Those of all values together; where that fails one after the other, since a name that the database takes for no
/// table is that value's own trouble.
void DatabasePlans::make_tables(const mapping::MappingFile& file, const std::string& topic, Wanted& wanted) const {
  std::vector<ConcreteTopic*> fresh;
  mapping::MappingFile all{.path = file.path, .topics = {}};
  for (ConcreteTopic& concrete : wanted.concrete) {
    mapping::Findings lengths(file.path);  // compiling says what is wrong with a name
    if (!concrete.is_new || !concrete.problem.empty()) continue;
    if (!mapping::check_table_names(concrete.mapping, lengths)) continue;
    fresh.push_back(&concrete);
    all.topics.push_back(of_topic(concrete.mapping, topic));
  }
  if (fresh.empty()) return;
  try {
    make_tables_(all);
    return;
  } catch (const std::exception& failure) {
    wanted.error = failure.what();
    wanted.cause = sink::cause_of_failure(failure);
  }
  const auto is_of_one = [](batch::Cause cause) {
    return cause == batch::Cause::other || cause == batch::Cause::schema;
  };
  if (fresh.front()->values.empty() || !is_of_one(wanted.cause)) return;
  wanted.error.clear();
  for (ConcreteTopic* const one : fresh) {
    try {
      make_tables_(mapping::MappingFile{.path = file.path, .topics = {of_topic(one->mapping, topic)}});
    } catch (const std::exception& failure) {
      wanted.cause = sink::cause_of_failure(failure);
      if (is_of_one(wanted.cause)) {
        one->problem = failure.what();
        continue;
      }
      wanted.error = failure.what();
      return;
    }
  }
}

void DatabasePlans::answer_all(std::vector<Request> requests) {
  const std::shared_ptr<const mapping::MappingFile> file = this->file();
  std::map<std::string, Asked> asked;  // by topic: workers may want different things
  for (const auto& request : requests) {
    Asked& all = asked[request.wanted.topic];
    all.fresh = all.fresh || request.wanted.fresh;
    all.wants.tables.insert(request.wanted.wants.tables.begin(), request.wanted.wants.tables.end());
    all.wants.fields.insert(request.wanted.wants.fields.begin(), request.wanted.wants.fields.end());
  }
  std::map<std::string, Wanted> by_topic;
  std::vector<mapping::TableName> tables;
  for (const auto& [topic, all] : asked) {
    const Wanted& wanted = by_topic.emplace(topic, find_mapping(*file, topic, all)).first->second;
    if (!wanted.error.empty()) continue;
    for (auto& table : tables_of(wanted.concrete)) tables.push_back(std::move(table));
  }
  std::optional<sink::DatabaseCatalog> catalog;
  std::string error;
  batch::Cause cause = batch::Cause::none;
  try {
    catalog = sink::DatabaseCatalog::read(url_, tables);
  } catch (const std::exception& failure) {
    error = std::string("the tables' definitions cannot be read: ") + failure.what();
    cause = sink::cause_of_failure(failure);
  }
  for (Request& request : requests) {
    const std::string& topic = request.wanted.topic;
    Wanted& wanted = by_topic.at(topic);
    const bool could_be_asked = wanted.error.empty();
    PlanAnswer answer{.plan = nullptr,
                      .error = could_be_asked ? error : wanted.error,
                      .cause = could_be_asked ? cause : wanted.cause};
    if (could_be_asked && catalog) {
      leave_out_missing(*catalog, wanted.concrete);
      mapping::CompileResult result =
          compile_topic(*wanted.mapping, wanted.concrete, *catalog, file->path, wanted.grows.get());
      answer.error = errors_of(result.problems);
      if (!answer.error.empty()) answer.cause = batch::Cause::schema;
      if (result.plan) {
        know_fields(*wanted.mapping, topic, asked[topic].wants.fields, *result.plan);
        answer.plan = std::make_shared<const mapping::TopicPlan>(std::move(*result.plan));
      }
    }
    if (!deliver(*file, wanted.mapping, request, std::move(answer))) {
      request.wanted.fresh = true;
      this->request(std::move(request.wanted), std::move(request.answer));
    }
  }
}

/// False: another mapping file was adopted meanwhile, and the answer is one of yesterday's.
/// Under the lock, so that it cannot arrive after the answer to a question that was asked after the change.
bool DatabasePlans::deliver(const mapping::MappingFile& file, const TopicMapping* mapping, const Request& request,
                            PlanAnswer answer) {
  const MutexLock lock(mutex_);
  if (&file != file_.get()) return false;
  if (answer.plan != nullptr) plans_[plan_key(*mapping, request.wanted.topic)] = answer.plan;
  request.answer(std::move(answer));
  return true;
}

}  // namespace loom::pipeline
