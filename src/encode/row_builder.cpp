#include "encode/row_builder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "decode/json/structural_index.h"
#include "encode/message_rows.h"
#include "mapping/table_names.h"
#include "mapping/variants.h"

namespace loom::encode {
namespace {

/// Each holds a parser with its buffers, about a megabyte once large messages came.
constexpr std::size_t kMostBuilt = 32;

}  // namespace

struct RowBuilder::ByHeaders {
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::string topic;
  const Clock* clock;
  decode::Registry registry;
  struct Variant {
    const mapping::PlanVariant* plan = nullptr;
    std::unique_ptr<MessageRows> rows{};  ///< made for the first message that wants it
  };
  std::map<mapping::TableValues, Variant> variants{};
  std::size_t built = 0;  ///< of them have rows

  std::optional<Reject> read_values(const Message& message, mapping::TableValues& values) const;
};

RowBuilder::RowBuilder(std::shared_ptr<const mapping::TopicPlan> plan, std::string topic, const Clock& clock,
                       const decode::Registry& registry) {
  if (plan->table_headers.empty()) {
    rows_ = std::make_unique<MessageRows>(std::move(plan), std::move(topic), clock, registry);
  } else {
    by_headers_ = std::make_unique<ByHeaders>(ByHeaders{std::move(plan), std::move(topic), &clock, registry});
    for (const auto& variant : by_headers_->plan->variants) by_headers_->variants[variant.values] = {&variant};
  }
}
RowBuilder::~RowBuilder() = default;
RowBuilder::RowBuilder(RowBuilder&&) noexcept = default;
RowBuilder& RowBuilder::operator=(RowBuilder&&) noexcept = default;

const mapping::TopicPlan& RowBuilder::plan() const {
  return by_headers_ == nullptr ? *rows_->plan : *by_headers_->plan;
}

std::optional<Reject> RowBuilder::append_rows(const Message& message, std::uint32_t message_index, RowSets& rows) {
  auto reject = rows_->append(message, message_index, rows);
  if (reject) rows.drop_from(message_index);
  awaits_schema_ = rows_->awaits_schema;
  if (rows_->new_fields != nullptr) [[unlikely]]
    wanted_.fields.insert(rows_->new_fields->begin(), rows_->new_fields->end());
  return reject;
}

/// What the message says in the place of each `${headers.NAME}`.
std::optional<Reject> RowBuilder::ByHeaders::read_values(const Message& message, mapping::TableValues& values) const {
  const std::vector<Header> headers = message.headers();
  for (const std::string& name : plan->table_headers) {
    // The last header of a name counts, as for a column.
    const auto header = std::find_if(headers.rbegin(), headers.rend(), [&](const Header& h) { return h.name == name; });
    const auto refused = [&name](RejectReason reason, const char* why) {
      return Reject{reason, "header \"" + name + "\", which names its table, " + why, {}};
    };
    if (header == headers.rend() || !header->has_value || header->value.empty()) {
      return refused(RejectReason::missing_required_field, "is missing or empty");
    }
    if (header->value.size() > mapping::kMaxNameBytes) {
      return refused(RejectReason::out_of_range, "is longer than the 63 bytes that a table's name can have");
    }
    // `${` would be taken for the place of another value, wherever the name is looked at again.
    const bool unfit = header->value.find('\0') != std::string_view::npos ||
                       header->value.find("${") != std::string_view::npos || !decode::is_utf8(header->value);
    if (unfit) return refused(RejectReason::invalid_text, "cannot stand in a table's name");
    values.emplace_back(header->value);
  }
  return std::nullopt;
}

std::optional<Reject> RowBuilder::append_by_headers(const Message& message, std::uint32_t message_index,
                                                    RowSets& rows) {
  ByHeaders& all = *by_headers_;
  awaits_schema_ = false;
  mapping::TableValues values;
  if (auto reject = all.read_values(message, values)) return reject;
  const auto known = all.variants.find(values);
  if (known == all.variants.end()) {
    if (all.variants.size() + wanted_.tables.size() >= mapping::kMostVariants && wanted_.tables.count(values) == 0) {
      return Reject{RejectReason::out_of_range, mapping::too_many_variants(values), {}};
    }
    wanted_.tables.insert(std::move(values));
    return std::nullopt;
  }
  ByHeaders::Variant& variant = known->second;
  if (variant.plan->plan == nullptr) return Reject{RejectReason::out_of_range, variant.plan->problem, {}};
  if (variant.rows == nullptr) {
    if (all.built++ >= kMostBuilt) {
      for (auto& [other, its] : all.variants) its.rows.reset();
      all.built = 1;
    }
    variant.rows = std::make_unique<MessageRows>(variant.plan->plan, all.topic, *all.clock, all.registry,
                                                 variant.plan->first_table, variant.plan->first_surplus);
  }
  auto reject = variant.rows->append(message, message_index, rows);
  if (reject) rows.drop_from(message_index);
  awaits_schema_ = variant.rows->awaits_schema;
  return reject;
}

}  // namespace loom::encode
