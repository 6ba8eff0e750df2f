#include "sink/catalog_reader.h"

#include <pqxx/pqxx>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sink/control_connection.h"

namespace loom::sink {
namespace {

using mapping::ColumnInfo;
using mapping::ColumnType;
using mapping::DefaultKind;
using mapping::RelationKind;
using mapping::TableInfo;
using mapping::TableName;

ColumnType column_type(std::uint32_t oid, const std::string& name, bool is_enum) {
  if (is_enum) return ColumnType::enumeration;
  switch (oid) {
    case 16:
      return ColumnType::boolean;
    case 17:
      return ColumnType::bytea;
    case 20:
      return ColumnType::int8;
    case 21:
      return ColumnType::int2;
    case 23:
      return ColumnType::int4;
    case 19:    // name
    case 25:    // text
    case 1042:  // character(n)
    case 1043:  // character varying
      return ColumnType::text;
    case 114:
      return ColumnType::json;
    case 650:
      return ColumnType::cidr;
    case 700:
      return ColumnType::float4;
    case 701:
      return ColumnType::float8;
    case 869:
      return ColumnType::inet;
    case 1082:
      return ColumnType::date;
    case 1083:
      return ColumnType::time;
    case 1114:
      return ColumnType::timestamp;
    case 1184:
      return ColumnType::timestamptz;
    case 1700:
      return ColumnType::numeric;
    case 2950:
      return ColumnType::uuid;
    case 3802:
      return ColumnType::jsonb;
    default:
      return name == "citext" ? ColumnType::text : ColumnType::other;
  }
}

// Domains are followed to their base type (and may bring a default, a NOT NULL and a type modifier of their own), then
// the elements' domains if that is an array. A default counts as constant when its expression holds nothing but
// constants, relabelings and immutable functions: `0` for a bigint column is int8(0), a varchar's has its length cut.
constexpr std::string_view kColumns = R"sql(
WITH RECURSIVE wanted(i, oid) AS (
  SELECT w.i, c.oid FROM (VALUES %WANTED%) AS w(i, name)
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name) WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm', 'S', 'c')
), columns AS (
  SELECT w.i, a.attrelid, a.attnum, a.attname, a.attnotnull, a.attidentity, a.attgenerated, a.atttypid, a.atttypmod
    FROM wanted w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid WHERE a.attnum > 0 AND NOT a.attisdropped
), bases(start, type, typmod, not_null, default_tree, default_text, depth) AS (
  SELECT DISTINCT atttypid, atttypid, -1, false, NULL::text, NULL::text, 0 FROM columns
  UNION ALL
  SELECT b.start, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END,
         b.not_null OR t.typnotnull, coalesce(b.default_tree, t.typdefaultbin::text COLLATE "default"),
         coalesce(b.default_text, pg_catalog.pg_get_expr(t.typdefaultbin, 0) COLLATE "default"), b.depth + 1
    FROM bases b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
), base AS (
  SELECT DISTINCT ON (start) * FROM bases ORDER BY start, depth DESC
), resolved AS (
  SELECT c.*, b.type, CASE WHEN c.atttypmod = -1 THEN b.typmod ELSE c.atttypmod END AS typmod,
         c.attnotnull OR b.not_null AS not_null,
         coalesce(d.adbin::text COLLATE "default", b.default_tree) AS default_tree,
         coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) COLLATE "default", b.default_text) AS default_text
    FROM columns c JOIN base b ON b.start = c.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum AND c.attgenerated = ''
), elements(start, type, depth) AS (
  SELECT DISTINCT t.oid, t.typelem, 0 FROM resolved r JOIN pg_catalog.pg_type t ON t.oid = r.type
    JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  UNION ALL
  SELECT b.start, t.typbasetype, b.depth + 1 FROM elements b JOIN pg_catalog.pg_type t ON t.oid = b.type
   WHERE t.typtype = 'd'
), element AS (
  SELECT DISTINCT ON (start) * FROM elements ORDER BY start, depth DESC
)
SELECT r.i, r.attname, r.type, r.typmod, pg_catalog.format_type(r.type, r.typmod) AS type_name, r.not_null,
       r.atttypid <> r.type AS is_domain,
       NOT EXISTS (SELECT FROM pg_catalog.regexp_matches(r.default_tree, ':(?:func|opfunc)id (\d+)', 'g') m
                     JOIN pg_catalog.pg_proc p ON p.oid = m[1]::oid WHERE p.provolatile = 'v')
         AND coalesce(r.default_tree !~ '\{NEXTVALUEEXPR ', false) AS repeats,
       r.attgenerated <> '' AS generated, r.attidentity,
       e.start IS NOT NULL AS is_array, CASE WHEN e.start IS NULL THEN 0 ELSE t.typelem END AS element,
       coalesce(e.type, r.type) AS scalar, s.typname AS scalar_name, s.typtype = 'e' AS is_enum,
       t.typsend::oid::regproc::text AS send, r.default_text,
       r.default_tree ~ '^\{(CONST|FUNCEXPR|RELABELTYPE) '
         AND NOT EXISTS (SELECT FROM pg_catalog.regexp_matches(r.default_tree, '\{([A-Z]+)', 'g') m
                          WHERE m[1] NOT IN ('CONST', 'FUNCEXPR', 'RELABELTYPE'))
         AND NOT EXISTS (SELECT FROM pg_catalog.regexp_matches(r.default_tree, ':funcid (\d+)', 'g') m
                           JOIN pg_catalog.pg_proc p ON p.oid = m[1]::oid WHERE p.provolatile <> 'i') AS constant
  FROM resolved r JOIN pg_catalog.pg_type t ON t.oid = r.type
  LEFT JOIN element e ON e.start = r.type
  JOIN pg_catalog.pg_type s ON s.oid = coalesce(e.type, r.type)
 ORDER BY r.i, r.attnum)sql";

// ON CONFLICT infers an index from plain columns; `why` is empty for those. What a column is compared by: strategies 1
// and 3 of a btree are < and =, support function 4 (equalimage) says whether equal values are the same bytes. Operators
// and collations have their schema, which need not be in the search path; those that need no name have none.
// PostgreSQL before 15 has no indnullsnotdistinct, before 13 no equalimage: the usual types are named instead.
constexpr std::string_view kIndexes = R"sql(
SELECT w.i, c.relname, x.indisprimary,
       coalesce(a.attname::text, pg_catalog.pg_get_indexdef(x.indexrelid, k.position + 1, true)),
       CASE WHEN x.indisexclusion THEN 'is WITHOUT OVERLAPS' WHEN x.indpred IS NOT NULL THEN 'is partial (it has a WHERE)'
            WHEN x.indexprs IS NOT NULL THEN 'is on an expression' WHEN NOT x.indimmediate THEN 'is DEFERRABLE'
            WHEN NOT x.indisvalid THEN 'is not valid' ELSE '' END AS why,
       coalesce((pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_equal,
       CASE WHEN operators.elsewhere THEN operators.equals END AS equals,
       CASE WHEN operators.elsewhere OR NOT oc.opcdefault THEN operators.less END AS less,
       (SELECT pg_catalog.format(' COLLATE %I.%I', n.nspname, l.collname)
          FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
         WHERE l.oid = x.indcollation[k.position] AND l.oid <> a.attcollation) AS collation,
       coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = x.indcollation[k.position]), true)
         AND (EXISTS (SELECT FROM pg_catalog.pg_amproc f JOIN pg_catalog.pg_proc p ON p.oid = f.amproc
                       WHERE f.amprocfamily = oc.opcfamily AND f.amproclefttype = oc.opcintype
                         AND f.amprocrighttype = oc.opcintype AND f.amprocnum = 4
                         AND p.proname IN ('btequalimage', 'btvarstrequalimage')
                         AND p.pronamespace = 'pg_catalog'::regnamespace)
              OR (pg_catalog.current_setting('server_version_num')::int < 130000
                  AND oc.opcintype IN ('bool'::regtype, 'bytea'::regtype, 'int2'::regtype, 'int4'::regtype,
                                       'int8'::regtype, 'text'::regtype, 'date'::regtype, 'time'::regtype,
                                       'timestamp'::regtype, 'timestamptz'::regtype, 'uuid'::regtype,
                                       'anyenum'::regtype))) AS by_image
  FROM (VALUES %WANTED%) AS w(i, name)
  JOIN pg_catalog.pg_index x ON x.indrelid = pg_catalog.to_regclass(w.name)
  JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
  CROSS JOIN LATERAL pg_catalog.generate_series(0, x.indnkeyatts - 1) AS k(position)
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.position] AND a.attnum > 0
  LEFT JOIN pg_catalog.pg_opclass oc ON oc.oid = x.indclass[k.position]
  CROSS JOIN LATERAL (
    SELECT max(o.name) FILTER (WHERE o.amopstrategy = 3) AS equals, max(o.name) FILTER (WHERE o.amopstrategy = 1) AS less,
           coalesce(bool_or(o.nspname <> 'pg_catalog'), false) AS elsewhere
      FROM (SELECT f.amopstrategy, n.nspname, pg_catalog.format('OPERATOR(%I.%s)', n.nspname, p.oprname) AS name
              FROM pg_catalog.pg_amop f JOIN pg_catalog.pg_operator p ON p.oid = f.amopopr
              JOIN pg_catalog.pg_namespace n ON n.oid = p.oprnamespace
             WHERE f.amopfamily = oc.opcfamily AND f.amoplefttype = oc.opcintype
               AND f.amoprighttype = oc.opcintype AND f.amopstrategy IN (1, 3)) o) operators
 WHERE x.indisunique
 ORDER BY w.i, NOT x.indisprimary, c.relname, k.position)sql";

// Rules and triggers by pg_rewrite.ev_type (2 UPDATE, 3 INSERT) and pg_trigger.tgtype (64 INSTEAD OF, 16 UPDATE, 4
// INSERT, 1 ROW). Partitions and children of any depth: rows go into them. A hypertable's chunks are children by
// inheritance, too, called ..._chunk in whatever schema; TimescaleDB's own triggers need hear of nothing that is not
// written.
constexpr std::string_view kRelations = R"sql(
SELECT w.i, c.relkind, pg_catalog.row_security_active(c.oid) AS row_security, current_user AS role,
       (SELECT pg_catalog.string_agg(r.rulename::text, E'\n' ORDER BY r.rulename) FROM pg_catalog.pg_rewrite r
         WHERE r.ev_class = c.oid AND r.ev_type = '3' AND r.ev_enabled <> 'D') AS insert_rules,
       (SELECT pg_catalog.string_agg(r.rulename::text, E'\n' ORDER BY r.rulename) FROM pg_catalog.pg_rewrite r
         WHERE r.ev_class = c.oid AND r.ev_type = '2' AND r.ev_enabled <> 'D') AS update_rules,
       EXISTS (SELECT FROM pg_catalog.pg_trigger t
                WHERE t.tgrelid = c.oid AND t.tgtype & 69 = 69 AND t.tgenabled <> 'D') AS instead_of_insert,
       below.trigger_types, below.has_heirs, below.unlogged
  FROM (VALUES %WANTED%) AS w(i, name) JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)
  CROSS JOIN LATERAL (
    WITH RECURSIVE all_of(oid) AS (
      SELECT c.oid UNION SELECT h.inhrelid FROM all_of a JOIN pg_catalog.pg_inherits h ON h.inhparent = a.oid)
    SELECT coalesce(bit_or((SELECT bit_or(t.tgtype)
                              FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
                              JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
                             WHERE t.tgrelid = k.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                               AND NOT pg_catalog.starts_with(n.nspname, '_timescaledb_'))), 0::smallint) AS trigger_types,
           c.relkind = 'r' AND bool_or(k.oid <> c.oid AND NOT (
             pg_catalog.to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL AND pg_catalog.right(k.relname, 6) = '_chunk')) AS has_heirs,
           pg_catalog.string_agg(k.oid::regclass::text, E'\n' ORDER BY k.oid)
             FILTER (WHERE k.relkind = 'r' AND k.relpersistence = 'u') AS unlogged
      FROM all_of a JOIN pg_catalog.pg_class k ON k.oid = a.oid) below)sql";

std::string with_wanted(std::string_view query, const std::string& wanted) {
  std::string out(query);
  constexpr std::string_view kPlace = "%WANTED%";
  return out.replace(out.find(kPlace), kPlace.size(), wanted);
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return out;
}

/// pqxx::field; from libpqxx 8 on pqxx::field_ref.
using Field = std::remove_cvref_t<decltype(std::declval<const pqxx::result&>()[0][0])>;

std::string text_or_empty(const Field& field) { return field.is_null() ? "" : field.as<std::string>(); }

/// Names with an end of line between them; none where the field is null.
std::vector<std::string> names_in(const Field& field) {
  std::vector<std::string> names;
  std::istringstream lines(text_or_empty(field));
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

RelationKind relation_kind(const std::string& relkind) {
  if (relkind == "v") return RelationKind::view;
  if (relkind == "m") return RelationKind::materialized_view;
  if (relkind == "f") return RelationKind::foreign_table;
  if (relkind == "S") return RelationKind::sequence;
  if (relkind == "c") return RelationKind::composite_type;
  return RelationKind::table;
}

/// Reads one set of tables within one transaction, that is with one view of the catalog.
class Reader {
 public:
  Reader(pqxx::work& transaction, const std::vector<TableName>& tables) : transaction_(transaction) {
    for (const TableName& table : tables) {
      if (!wanted_.empty()) wanted_ += ", ";
      wanted_ += "(" + std::to_string(tables_.size()) + ", " + transaction.quote(table.quoted()) + ")";
      tables_.emplace_back().name = table;
    }
  }

  std::vector<TableInfo> read() {
    read_columns();
    read_indexes();
    read_relations();
    evaluate_defaults();
    return std::move(tables_);
  }

 private:
  struct Constant {
    std::size_t table;
    std::size_t column;
    std::string expression;
    std::string send;  // the type's function for its binary form
  };

  void read_columns() {
    for (const auto& row : transaction_.exec(with_wanted(kColumns, wanted_))) {
      const auto table = row["i"].as<std::size_t>();
      ColumnInfo column;
      column.name = row["attname"].as<std::string>();
      column.type_oid = row["type"].as<std::uint32_t>();
      column.type_modifier = row["typmod"].as<std::int32_t>();
      column.type_name = row["type_name"].as<std::string>();
      column.not_null = row["not_null"].as<bool>();
      column.is_domain = row["is_domain"].as<bool>();
      column.generated = row["generated"].as<bool>();
      column.is_array = row["is_array"].as<bool>();
      column.element_oid = row["element"].as<std::uint32_t>();
      column.type = column_type(row["scalar"].as<std::uint32_t>(), row["scalar_name"].as<std::string>(),
                                row["is_enum"].as<bool>());
      const std::string expression = text_or_empty(row["default_text"]);
      const auto identity = row["attidentity"].as<std::string>();
      column.identity_always = identity == "a";
      if (!expression.empty() || !identity.empty()) column.default_kind = DefaultKind::computed;
      if (!expression.empty() && row["repeats"].as<bool>()) column.repeated_default = expression;
      if (!expression.empty() && row["constant"].as<bool>()) {
        constants_.push_back({table, tables_[table].columns.size(), "(" + expression + ")::" + column.type_name,
                              row["send"].as<std::string>()});
      }
      tables_[table].columns.push_back(std::move(column));
    }
  }

  void read_indexes() {
    for (const auto& row : transaction_.exec(with_wanted(kIndexes, wanted_))) {
      TableInfo& table = tables_[row[0].as<std::size_t>()];
      const auto name = row[1].as<std::string>();
      const auto column = row[3].as<std::string>();
      const auto why = row[4].as<std::string>();
      if (why.empty()) {
        auto& indexes = table.unique_indexes;
        if (indexes.empty() || indexes.back().name != name)
          indexes.push_back({.name = name, .columns = {}, .primary = row[2].as<bool>()});
        indexes.back().columns.push_back(column);
        indexes.back().nulls_equal = row["nulls_equal"].as<bool>();
        indexes.back().comparisons.push_back({.equals = text_or_empty(row["equals"]),
                                              .less = text_or_empty(row["less"]),
                                              .collation = text_or_empty(row["collation"]),
                                              .by_image = row["by_image"].as<bool>()});
      } else {
        auto& indexes = table.unusable_indexes;
        if (indexes.empty() || indexes.back().name != name) indexes.push_back({name, {}, why});
        indexes.back().columns.push_back(column);
      }
    }
  }

  void read_relations() {
    for (const auto& row : transaction_.exec(with_wanted(kRelations, wanted_))) {
      TableInfo& table = tables_[row["i"].as<std::size_t>()];
      table.kind = relation_kind(row["relkind"].as<std::string>());
      table.row_security = row["row_security"].as<bool>();
      table.role = row["role"].as<std::string>();
      table.insert_rules = names_in(row["insert_rules"]);
      table.update_rules = names_in(row["update_rules"]);
      table.instead_of_insert = row["instead_of_insert"].as<bool>();
      const auto triggers = row["trigger_types"].as<int>();
      table.insert_triggers = (triggers & 4) != 0;
      table.update_triggers = (triggers & 16) != 0;
      table.has_heirs = row["has_heirs"].as<bool>();
      table.unlogged = names_in(row["unlogged"]);
    }
  }

  void evaluate_defaults() {
    for (const Constant& constant : constants_) {
      ColumnInfo& column = tables_[constant.table].columns[constant.column];
      const std::string& value = constant.expression;
      const auto row = transaction_.exec("SELECT v IS NULL, pg_catalog.format('%s', v), pg_catalog.encode(" +
                                         (constant.send == "-" ? "NULL" : constant.send + "(v)") +
                                         ", 'hex') FROM (SELECT " + value + ") AS c(v)")[0];
      column.default_kind = DefaultKind::constant;
      column.repeated_default.clear();
      column.default_is_null = row[0].as<bool>();
      column.default_text = column.default_is_null ? "" : text_or_empty(row[1]);
      column.default_binary = from_hex(text_or_empty(row[2]));
    }
  }

  pqxx::work& transaction_;
  std::string wanted_;
  std::vector<TableInfo> tables_;
  std::vector<Constant> constants_;
};

}  // namespace

DatabaseCatalog DatabaseCatalog::read(const std::string& url, const std::vector<TableName>& tables) {
  DatabaseCatalog catalog;
  if (tables.empty()) return catalog;
  const auto connection = open_control_connection(url);
  try {
    pqxx::work transaction(*connection);
    transaction.exec(
        "SET LOCAL statement_timeout = 30000; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL jit = off; "
        "SET LOCAL idle_in_transaction_session_timeout = 0");
    for (TableInfo& table : Reader(transaction, tables).read()) {
      // A table that is not there has no columns either; one without columns is as good as not there.
      if (!table.columns.empty()) catalog.tables_.emplace(table.name, std::move(table));
    }
    transaction.commit();
  } catch (const std::exception& failure) {
    throw DatabaseFailure("reading the tables' catalog: " + failure_text(failure.what(), url),
                          cause_of_failure(failure));
  }
  return catalog;
}

const TableInfo* DatabaseCatalog::find(const TableName& name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

}  // namespace loom::sink
