#include "server/store/row_checksum.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <new>

namespace hpsearch::store {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are hashed as they stand in memory");

constexpr char kNull = 0, kInteger = 1, kReal = 2, kText = 3, kBlob = 4;

void OfArguments(sqlite3_context* context, int count, sqlite3_value** values) {
  try {
    RowHash hash;
    for (int i = 0; i < count; ++i) hash.Add(values[i]);
    sqlite3_result_int64(context, hash.Value());
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

void RowHash::Add(double value) {
  if (value == 0) value = 0;  // of both signs: a file keeps one
  AddTyped(kReal, &value, sizeof value);
}

// A length, so that no two rows are spelled alike.
void RowHash::Add(std::string_view text) {
  AddInteger(static_cast<std::int64_t>(text.size()));
  AddTyped(kText, text.data(), text.size());
}

void RowHash::Add(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      AddInteger(sqlite3_value_int64(value));
      break;
    case SQLITE_FLOAT:
      Add(sqlite3_value_double(value));
      break;
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      if (text == nullptr) throw std::bad_alloc();
      Add(std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value))));
      break;
    }
    case SQLITE_BLOB:
      AddInteger(sqlite3_value_bytes(value));
      AddTyped(kBlob, sqlite3_value_blob(value), static_cast<std::size_t>(sqlite3_value_bytes(value)));
      break;
    default:
      AddNull();
  }
}

std::int64_t RowHash::Value() const {
  return static_cast<std::int64_t>(XXH3_64bits_withSeed(bytes_.data(), size_, seed_));
}

void RowHash::AddNull() { AddTyped(kNull, nullptr, 0); }
void RowHash::AddInteger(std::int64_t value) { AddTyped(kInteger, &value, sizeof value); }

void RowHash::AddTyped(char type, const void* bytes, std::size_t size) {
  if (size_ + 1 + size > bytes_.size()) {
    Fold(bytes_.data(), size_);
    size_ = 0;
  }
  bytes_[size_++] = type;
  if (size_ + size > bytes_.size()) return Fold(bytes, size);
  if (size > 0) std::memcpy(&bytes_[size_], bytes, size);
  size_ += size;
}

void RowHash::Fold(const void* bytes, std::size_t size) { seed_ = XXH3_64bits_withSeed(bytes, size, seed_); }

void AddRowChecksum(SQLite::Database& database) {
  database.check(sqlite3_create_function_v2(database.getHandle(), "row_checksum", -1,
                                            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                            &OfArguments, nullptr, nullptr, nullptr));
}

}  // namespace hpsearch::store
