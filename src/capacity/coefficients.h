#pragma once

// Every figure of the capacity model, with where it comes from. docs/capacity.md has the measurements, and how far
// forecasts are off. benchmarks/capacity.sh ends with what the costs would be by its own run.
namespace loom::capacity {

/// CPU microseconds on one core of the measuring machine (AMD EPYC). Their proportions are those of
/// benchmarks/capacity.sh, 2026-12-01, on a machine that others used; their level is that of benchmarks/run.sh,
/// 2026-11-21, alone on it (drain/no-key and drain/key of docs/benchmarks.md).
struct ConsumerCost {
  double message = 0.47;         ///< receiving, taking and freeing it
  double message_byte = 0.0006;  ///< decompressing, and finding its structure
  double value = 0.019;          ///< decoding, converting and encoding one column of one row
  double keyed_row = 0.13;       ///< putting rows in the order of the key, and knowing keys again
  double updated_row = 0.35;     ///< a row that is there already: it is merged behind the others
};

/// The same, of PostgreSQL with all its processes, rows of a batch written by one COPY.
struct DatabaseCost {
  double row = 0.22;
  double value = 0.022;          ///< one column of one row
  double row_byte = 0.0019;      ///< of a row that fits into a page
  double toasted_byte = 0.0084;  ///< of a row that is compressed, all of it
  double ordered_key = 1.05;     ///< an index that grows at the ends of some runs
  double random_key = 1.26;      ///< an index whose entries go anywhere
  double ignored_row = 0;        ///< what a row that is left out costs more than a new one
  double missed_page = 3.5;      ///< a page of the index that is not in shared_buffers, but in the kernel's cache
  double updated_row = 2.3;      ///< what a row that is overwritten costs more than a new one
};

/// Bytes on disk: PostgreSQL's page layout (its documentation, "Database Page Layout"), and what benchmarks/capacity.sh
/// saw.
struct Storage {
  double page = 8192;
  double page_header = 24;
  double row_header = 28;  ///< 24 of the tuple, with its null bitmap's place, and 4 of the line pointer
  double row_padding = 8;  ///< between values, and the lengths of texts
  double alignment = 8;
  double toast_threshold = 2000;  ///< TOAST_TUPLE_THRESHOLD: from there on PostgreSQL compresses a row's texts
  double toast_share = 0.45;      ///< what that leaves of words
  double index_entry = 12;        ///< 8 of the index tuple and 4 of its line pointer, without the key
  double index_fill = 0.68;       ///< of its pages: 0.66 to 0.70, in whichever order the keys came from 6 partitions
};

/// Bytes of WAL by benchmarks/capacity.sh, after a checkpoint and in pages that are new, so without full pages.
struct Wal {
  double row = 17;           ///< of a row in a COPY, beside its values: many share a record
  double row_byte = 1.013;   ///< of each byte of its values
  double index_entry = 59;   ///< of an entry of the index, beside its key: each has a record of its own
  double key_byte = 1.87;    ///< of each byte of the key, page splits included
  double updated_row = 95;   ///< of a row that is overwritten, instead of an entry of the index
  double page_share = 0.69;  ///< of a page that a full-page image has: the hole in its middle is left out
};

/// How fast, at full use, and what passes the network (benchmarks/run.sh, 2026-11-21, and benchmarks/capacity.sh).
struct Pace {
  double partition = 0.7;        ///< of what the slower side's CPU would give, what one partition reaches, which is one
                                 ///< worker's and one connection's (drain/partitions-1)
  double shared_buffers = 0.25;  ///< of the database's memory, as its documentation advises
  double checkpoint_seconds = 300;  ///< checkpoint_timeout, PostgreSQL's default
  double lz4 = 0.5;                 ///< of a message's bytes in JSON, what its producer's lz4 leaves: 0.3 to 0.6
  double copy_value = 4;            ///< bytes that binary COPY adds to a value
  double copy_row = 2;              ///< and to a row
};

/// What is assumed of a load that does not say it: the topics of Loom (300 bytes, 11 columns, (device_id, timestamp)).
struct Typical {
  double column_bytes = 27;  ///< of JSON for each column
  double columns_most = 40;
  double row_share = 0.57;  ///< bytes of a row's values by those of its message
  double key_bytes = 17;
  double ignored = 0.01;
  double updated = 0.5;
};

/// What is asked of the surroundings. Decided, not measured; docs/deploy.md has the reasons.
struct Rules {
  int beside_pool = 5;  ///< connections of a replica beside its pool
  int reserved = 10;    ///< connections for everybody else: the chart's database.reservedConnections
  int connections_most = 1000;
  int pool_least = 4;
  int pool_enough = 20;      ///< from there on batches hardly wait for a connection
  int pool_most = 100;       ///< the chart's LOOM_DB_MAX_POOL_SIZE
  int replicas_least = 2;    ///< one may go
  double busy_share = 0.05;  ///< of what one partition carries: above it a topic is busy
  int partitions_of_busy = 6;
  int partitions_of_quiet = 3;
  int partitions_most = 1000;    ///< of a topic; more are possible, and the brokers pay for them
  double uncompressed_days = 7;  ///< what is compressed is older
};

inline constexpr ConsumerCost kConsumer{};
inline constexpr DatabaseCost kDatabase{};
inline constexpr Storage kStorage{};
inline constexpr Wal kWal{};
inline constexpr Pace kPace{};
inline constexpr Typical kTypical{};
inline constexpr Rules kRules{};

}  // namespace loom::capacity
