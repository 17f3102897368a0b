// The checksum that a row of a curve carries: xxh3-64 over its values, key and all, so that a value that the disk
// changed is found, and a row that came to stand under another trial's key too. A value's type is part of what is
// hashed; a double is taken as the file gives it back (rows.h: one zero, no NaN). The same in C++, where rows are
// written, and in SQL, where they are copied, migrated and checked:
//
//   row_checksum(study, trial, epoch, …)     the columns of the table in their order, but for `checksum` itself
//
// Checked where a coordinator goes on from a curve: when its study is loaded or extended, when an epoch is
// reported again, when the curve is taken over; and by hpsearch doctor. Readers for people (study_reader.h) show
// what is there. The public views do not name it, so that any program can read them.
//
// What is not found: a change that alters no value, such as NULL spelled by a type that SQLite reserves.
// Threads: any; the SQL function belongs to its connection. Errors: std::bad_alloc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

struct sqlite3_value;
namespace SQLite {
class Database;
}

namespace hpsearch::store {

class RowHash {
 public:
  template <class Value>
  requires std::is_integral_v<Value>
  void Add(Value value) { AddInteger(static_cast<std::int64_t>(value)); }
  void Add(double value);
  void Add(std::string_view text);
  template <class Value>
  void Add(const std::optional<Value>& value) {
    if (value.has_value()) {
      Add(*value);
    } else {
      AddNull();
    }
  }
  // As SQLite has it, whatever its type.
  void Add(sqlite3_value* value);

  std::int64_t Value() const;

 private:
  void AddNull();
  void AddInteger(std::int64_t value);
  void AddTyped(char type, const void* bytes, std::size_t size);

  void Fold(const void* bytes, std::size_t size);

  // A curve's row fits; of a longer one each piece is hashed with the hash of those before it as the seed.
  std::array<char, 256> bytes_;
  std::size_t size_ = 0;
  std::uint64_t seed_ = 0;
};

// Of the values as they are bound to the statement that writes the row.
template <class... Values>
std::int64_t RowChecksum(const Values&... values) {
  RowHash hash;
  (hash.Add(values), ...);
  return hash.Value();
}

// Makes row_checksum known to a connection.
void AddRowChecksum(SQLite::Database& database);

// What a sound row has in its column `checksum`.
inline constexpr char kEpochChecksum[] =
    "row_checksum(study, trial, epoch, train_loss, train_error, validation_loss, validation_error, learning_rate, "
    "seconds, reported_at, gradient_norm, weight_norm, samples_per_second)";
inline constexpr char kMetricChecksum[] = "row_checksum(study, trial, epoch, metric, value)";

}  // namespace hpsearch::store
