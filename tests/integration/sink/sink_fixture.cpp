#include "sink_fixture.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>
#include <stdexcept>

#include "decode/json/json_text.h"
#include "mapping/compile.h"
#include "mapping/loader.h"
#include "sink/catalog_reader.h"
#include "sink/offset_store.h"

namespace loom::sink::testing {
namespace {

using mapping::ColumnInfo;
using mapping::ColumnType;
using mapping::DefaultKind;
using mapping::TablePlan;

struct TestRecord {
  std::string key;
  std::string value;
  std::vector<TestHeader> headers;
};

const MessageBacking kBacking{
    [](void* handle) noexcept { delete static_cast<TestRecord*>(handle); },
    [](const void* handle) {
      std::vector<Header> headers;
      for (const auto& header : static_cast<const TestRecord*>(handle)->headers) {
        headers.push_back({header.name, header.value ? std::string_view(*header.value) : std::string_view(),
                           header.value.has_value()});
      }
      return headers;
    }};

void append_be(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = bytes; i > 0; --i) out += static_cast<char>((value >> ((i - 1) * 8)) & 0xFFU);
}

std::string binary_value(const ColumnInfo& column, const std::string& text) {
  std::string out;
  const auto integer = [&](std::size_t bytes) { append_be(static_cast<std::uint64_t>(std::stoll(text)), bytes, out); };
  switch (column.type) {
    case ColumnType::boolean:
      out += text == "true" ? '\1' : '\0';
      break;
    case ColumnType::int2:
      integer(2);
      break;
    case ColumnType::int4:
      integer(4);
      break;
    case ColumnType::int8:
      integer(8);
      break;
    case ColumnType::float8:
      append_be(std::bit_cast<std::uint64_t>(std::stod(text)), 8, out);
      break;
    case ColumnType::jsonb:
      out = '\1' + text;
      break;
    case ColumnType::text:
    case ColumnType::json:
    case ColumnType::enumeration:
      out = text;
      break;
    default:
      throw std::logic_error("the tests do not write columns of type " + column.type_name);
  }
  return out;
}

/// The cell of a column in COPY's form; nullopt is null.
std::optional<std::string> encoded(const TablePlan& table, const ColumnInfo& column, const Cells& cells) {
  const auto found = cells.find(column.name);
  if (found != cells.end() && found->second) {
    return table.binary ? binary_value(column, *found->second) : *found->second;
  }
  if (found == cells.end() && column.default_kind == DefaultKind::constant && !column.default_is_null) {
    return table.binary ? column.default_binary : column.default_text;
  }
  return std::nullopt;
}

bool has_encoder(const ColumnInfo& column) { return column.type != ColumnType::other; }

TablePlan table_plan(const mapping::TableInfo& info, const TableChoice& choice) {
  TablePlan table;
  table.name = info.name;
  table.conflict_strategy = choice.strategy;
  for (const ColumnInfo& column : info.columns) {
    if (column.generated) continue;
    if (!has_encoder(column)) table.binary = false;
    const auto key = std::find(choice.key.begin(), choice.key.end(), column.name);
    if (key != choice.key.end()) table.key.push_back(static_cast<std::uint16_t>(table.columns.size()));
    mapping::PlanColumn planned;
    planned.info = column;
    table.columns.push_back(planned);
  }
  return table;
}

}  // namespace

BatchMaker::BatchMaker(std::shared_ptr<const mapping::TopicPlan> plan, std::int64_t from)
    : batch_(std::make_unique<batch::Batch>()) {
  batch_->topic = "t";
  batch_->plan = std::move(plan);
  batch_->ranges.push_back({0, 0, from, from, -1});
}

std::uint32_t BatchMaker::message(std::string value, std::vector<TestHeader> headers) {
  auto* record = new TestRecord{"key", std::move(value), std::move(headers)};
  Message message(&kBacking, record);
  message.key = record->key;
  message.value = record->value;
  message.has_key = true;
  message.has_value = true;
  message.offset = batch_->ranges[0].to++;
  message.timestamp_ms = 1'700'000'000'123;
  batch_->ranges[0].last_timestamp_ms = message.timestamp_ms;
  batch_->messages.push_back(std::move(message));
  return static_cast<std::uint32_t>(batch_->messages.size() - 1);
}

BatchMaker& BatchMaker::row(const Cells& cells, std::uint16_t index) {
  const TablePlan& table = batch_->plan->tables.at(index);
  encode::ColumnBits omitted;
  encode::ColumnBits present;
  std::uint16_t fields = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnInfo& column = table.columns[i].info;
    const auto found = cells.find(column.name);
    if (found != cells.end() && found->second) present.set(i);
    if (found == cells.end() && column.default_kind == DefaultKind::computed) {
      omitted.set(i);
    } else {
      ++fields;
    }
  }
  encode::RowSet& set = batch_->rows.at(index, omitted);
  set.rows.push_back(
      {static_cast<std::uint32_t>(batch_->messages.size() - 1), static_cast<std::uint32_t>(set.bytes.size())});
  if (table.conflict_strategy == mapping::ConflictStrategy::update) set.present.push_back(present);
  if (table.binary) set.bytes.append_be16(fields);
  bool first = true;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (omitted.test(i)) continue;
    const auto value = encoded(table, table.columns[i].info, cells);
    if (table.binary) set.bytes.append_be32(value ? static_cast<std::uint32_t>(value->size()) : 0xFFFFFFFFU);
    if (!table.binary && !first) set.bytes.append('\t');
    set.bytes.append(value ? std::string_view(*value) : std::string_view(table.binary ? "" : "\\N"));
    first = false;
  }
  if (!table.binary) set.bytes.append('\n');
  return *this;
}

BatchMaker& BatchMaker::add(const Cells& cells) {
  message();
  return row(cells);
}

BatchMaker& BatchMaker::json(encode::RowBuilder& builder, const std::string& value) {
  const std::uint32_t index = message(value);
  auto problem = builder.append(batch_->messages[index], index, batch_->rows);
  if (problem) batch_->rejected.push_back({index, std::move(*problem)});
  return *this;
}

BatchMaker& BatchMaker::reject(std::uint32_t message, RejectReason reason, const std::string& why) {
  batch_->rejected.push_back({message, {reason, why, ""}});
  return *this;
}

BatchMaker& BatchMaker::position(std::int64_t to) {
  batch_->ranges[0].to = to;
  return *this;
}

BatchMaker& BatchMaker::prefer_merge() {
  batch_->way = batch::Way::merge;
  return *this;
}

BatchMaker& BatchMaker::fresh() {
  batch_->plan_is_fresh = true;
  return *this;
}

std::unique_ptr<batch::Batch> BatchMaker::take() { return std::move(batch_); }

SinkTest::SinkTest() { set_up(); }
SinkTest::SinkTest(const PostgresServer& server) : database(server) { set_up(); }

std::string json_string(const std::string& text) {
  ByteBuffer out;
  decode::append_json_string(text, out);
  return std::string(out.view());
}

unsigned long environment_number(const char* name, unsigned long otherwise) {
  const char* const given = std::getenv(name);
  return given == nullptr ? otherwise : std::stoul(given);
}

void run_migrations(const TestDatabase& database) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(LOOM_SOURCE_DIR "/migrations")) {
    if (entry.path().extension() == ".sql") files.insert(entry.path());
  }
  for (const auto& file : files) database.run_file(file.string());
}

void SinkTest::set_up() {
  run_migrations(database);
  settings.url = database.url();
  settings.consumer_group = "group's";
  settings.pool_min = 1;
  settings.pool_max = 4;
  OffsetStore(settings.url, settings.consumer_group).claim({{{"t", 0}, 0, 0}});
  restart_pool();
}

void SinkTest::restart_pool() {
  pool.reset();
  pool = std::make_unique<WriterPool>(settings, failpoints);
}

std::shared_ptr<const mapping::TopicPlan> SinkTest::mapped(const std::string& yaml) {
  const auto loaded = mapping::load_mapping_text("schema_version: v1\ntopics:\n  t:\n" + yaml, "test.yml");
  if (!loaded.file) throw std::runtime_error("the mapping: " + loaded.problems.front().message);
  const mapping::TopicMapping& topic = loaded.file->topics.front();
  std::vector<mapping::TableName> tables{topic.table};
  for (const auto& array : topic.array_mappings) {
    if (array.table) tables.push_back(*array.table);
  }
  auto compiled = mapping::compile(topic, DatabaseCatalog::read(database.url(), tables), "test.yml");
  if (!compiled.plan) throw std::runtime_error("the plan: " + compiled.problems.front().message);
  return std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan));
}

SinkTest::Written SinkTest::store(const std::shared_ptr<const mapping::TopicPlan>& plan,
                                  const std::vector<std::string>& messages, bool prefer_merge) {
  const SystemClock clock;
  encode::RowBuilder builder(plan, "t", clock);
  auto batch = next_batch(plan);
  for (const auto& message : messages) batch.json(builder, message);
  batch.fresh();
  if (prefer_merge) batch.prefer_merge();
  return write(batch);
}

SinkTest::Written SinkTest::write(std::unique_ptr<batch::Batch> batch) {
  auto done = std::make_shared<std::promise<batch::WriteReply>>();
  auto reply = done->get_future();
  pool->submit(std::move(batch), [done](batch::WriteReply r) { done->set_value(std::move(r)); });
  auto [written, outcome] = reply.get();
  return {std::move(written), std::move(outcome)};
}

SinkTest::Written SinkTest::write(BatchMaker& maker) { return write(maker.take()); }

BatchMaker SinkTest::next_batch(const std::shared_ptr<const mapping::TopicPlan>& plan) {
  return {plan, stored_offset()};
}

std::shared_ptr<mapping::TopicPlan> SinkTest::plan(const std::vector<TableChoice>& tables) {
  std::vector<mapping::TableName> names;
  names.reserve(tables.size());
  for (const auto& table : tables) names.push_back({table.schema, table.name});
  const auto catalog = DatabaseCatalog::read(settings.url, names);
  auto plan = std::make_shared<mapping::TopicPlan>();
  plan->mapping = "t";
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto* info = catalog.find(names[i]);
    if (info == nullptr) throw std::runtime_error("no table " + names[i].display());
    mapping::note_listeners(*info, plan->tables.emplace_back(table_plan(*info, tables[i])));
  }
  return plan;
}

std::shared_ptr<mapping::TopicPlan> SinkTest::plan(const std::string& table, std::vector<std::string> key,
                                                   mapping::ConflictStrategy strategy) {
  return plan({TableChoice{table, std::move(key), strategy, ""}});
}

std::int64_t SinkTest::stored_offset() {
  return std::stoll(
      database.value("SELECT next_offset FROM kafka_consumer_offsets WHERE topic = 't' AND partition = 0"));
}

std::string SinkTest::count(const std::string& table) { return database.value("SELECT count(*) FROM " + table); }

}  // namespace loom::sink::testing
