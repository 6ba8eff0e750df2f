#pragma once

// Every figure of the capacity model, with where it comes from. "Measured" is benchmarks/capacity.sh, whose report ends
// with what these would be by its own run; docs/capacity.md has the run that they are of, and how far they are off.
namespace loom::capacity {

/// CPU microseconds on one core of the measuring machine (AMD EPYC, 2 cores). Measured.
struct ConsumerCost {
  double message = 0.45;         ///< receiving, taking and freeing it
  double message_byte = 0.0009;  ///< decompressing, and finding its structure
  double value = 0.022;          ///< decoding, converting and encoding one column of one row
  double keyed_row = 0.10;       ///< putting rows in the order of the key
};

/// The same, of PostgreSQL with all its processes, rows of a batch written by one COPY. Measured.
struct DatabaseCost {
  double row = 0.35;
  double value = 0.03;          ///< one column of one row
  double row_byte = 0.0007;     ///< of a row that fits into a page
  double toasted_byte = 0.012;  ///< of a row that is compressed and stored apart, all of it
  double ordered_key = 1.1;     ///< an index whose next entries are beside the last ones
  double random_key = 2.0;      ///< an index whose entries go anywhere
  double ignored_row = 1.0;     ///< a row that is there already, and is left out
  double updated_row = 5.0;     ///< a row that is there already, and is overwritten
};

/// Bytes on disk. PostgreSQL's own page layout (storage-page-layout.html), compared with what was measured.
struct Storage {
  double page = 8192;
  double page_header = 24;
  double row_header = 28;  ///< 24 of the tuple, with its null bitmap's place, and 4 of the line pointer
  double alignment = 8;
  double toast_threshold = 2000;  ///< TOAST_TUPLE_THRESHOLD: from there on values are compressed and stored apart
  double index_entry = 12;        ///< 8 of the index tuple and 4 of its line pointer, without the key
  double ordered_fill = 0.90;     ///< of a B-tree's leaf that grows at its end: its fillfactor
  double random_fill = 0.69;      ///< ln 2: of pages that split in halves where keys come in no order
};

/// Bytes of WAL. Measured after a checkpoint, in pages that are new, so without full pages.
struct Wal {
  double row = 6;            ///< of a row in a COPY, beside its values: many share a record
  double index_entry = 72;   ///< of an entry of the index, beside its key: each has a record of its own
  double updated_row = 150;  ///< of a row that is overwritten, beside its values
  double page_share = 0.75;  ///< of a page that a full-page image has: the hole in its middle is left out
};

/// How fast, at full use. Measured on the two cores, where service, PostgreSQL and Kafka share them.
struct Pace {
  double partition = 0.7;  ///< of what the slower side's CPU would give: the part that a single partition, one worker's
                           ///< and one connection's, reaches
  double checkpoint_seconds = 300;  ///< checkpoint_timeout, PostgreSQL's default
  double lz4 = 0.5;                 ///< bytes on the network by bytes of a message in JSON, compressed by its producer
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
