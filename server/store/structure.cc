#include "server/store/structure.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

#include "server/store/sqlite_error.h"

namespace hpsearch::store {
namespace {

// https://sqlite.org/fileformat.html, "The Write-Ahead Log"
constexpr std::size_t kLogHeader = 32, kFrameHeader = 24;
constexpr std::uint32_t kLogMagic = 0x377f0682;  // its lowest bit: the checksum reads big-endian words
constexpr std::uint32_t kLogVersion = 3007000;

void Check(SQLite::Database& database, const std::string& what) try {
  SQLite::Statement check(database, "PRAGMA " + what);
  const std::string found = check.executeStep() ? check.getColumn(0).getString() : "";
  if (found != "ok") throw SQLite::Exception(found, SQLITE_CORRUPT);
} catch (const SQLite::Exception& error) {
  // A constraint that cannot even be evaluated: text that is no JSON.
  if ((error.getErrorCode() & 0xff) != SQLITE_ERROR) throw;
  throw SQLite::Exception(error.what(), SQLITE_CORRUPT);
}

std::uint32_t Word(const unsigned char* bytes, bool big) {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word |= std::uint32_t{bytes[i]} << 8 * (big ? 3 - i : i);
  return word;
}

}  // namespace

void CheckStructure(SQLite::Database& database, std::int64_t looked_through) {
  const std::int64_t bytes =
      database.execAndGet("PRAGMA page_count").getInt64() * database.execAndGet("PRAGMA page_size").getInt64();
  if (bytes <= looked_through) return Check(database, "integrity_check(1)");
  for (const char* table : {"studies", "rounds", "trial_counts", "workers"}) {
    Check(database, fmt::format("quick_check('{}')", table));
  }
}

std::string DamageOfLog(const std::string& path) {
  std::ifstream log(path + "-wal", std::ios::binary | std::ios::ate);
  if (!log || log.tellg() <= static_cast<std::streamoff>(kLogHeader + kFrameHeader)) return "";
  std::array<unsigned char, kLogHeader> header{};
  log.seekg(0);
  if (!log.read(reinterpret_cast<char*>(header.data()), header.size())) return "";
  // A log that was made when the power failed: nothing of it was synced.
  if (std::ranges::all_of(header, [](unsigned char byte) { return byte == 0; })) return "";
  const std::uint32_t magic = Word(&header[0], true);
  std::uint32_t first = 0, second = 0;
  for (std::size_t i = 0; i < 24; i += 8) {
    first += Word(&header[i], (magic & 1) != 0) + second;
    second += Word(&header[i + 4], (magic & 1) != 0) + first;
  }
  const bool whole = (magic & ~1U) == kLogMagic && Word(&header[4], true) == kLogVersion &&
                     first == Word(&header[24], true) && second == Word(&header[28], true);
  return whole ? "" : "the head of its log, " + path + "-wal, is damaged, and what stands in that would be lost";
}

}  // namespace hpsearch::store
