// What SQLite says, as a status: which of it is tried again, and which is not.
#include "server/store/sqlite_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

namespace hpsearch::store {
namespace {

using ::testing::HasSubstr;

absl::Status Of(int code) { return ToStatus(SQLite::Exception("SQLite's words", code), "studies.db"); }

TEST(SqliteError, WhatPassesIsUnavailable) {
  for (const int code :
       {SQLITE_FULL, SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_IOERR_READ,
        SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_READONLY_DBMOVED, SQLITE_PERM, SQLITE_AUTH, SQLITE_NOMEM}) {
    EXPECT_TRUE(absl::IsUnavailable(Of(code))) << code;
    EXPECT_THAT(std::string(Of(code).message()), HasSubstr("studies.db")) << code;
  }
  EXPECT_EQ(Of(SQLITE_FULL).message(), "studies.db: the disk is full");
  EXPECT_THAT(std::string(Of(SQLITE_BUSY).message()), HasSubstr("another program holds the database"));
}

TEST(SqliteError, WhatDoesNotIsInternal) {
  for (const int code : {SQLITE_CORRUPT, SQLITE_NOTADB}) {
    EXPECT_TRUE(absl::IsInternal(Of(code))) << code;
    EXPECT_THAT(std::string(Of(code).message()), HasSubstr("hpsearch doctor")) << code;
  }
  for (const int code : {SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISUSE, SQLITE_TOOBIG}) {
    EXPECT_TRUE(absl::IsInternal(Of(code))) << code;
    EXPECT_THAT(std::string(Of(code).message()), HasSubstr("SQLite's words")) << code;
  }
}

TEST(SqliteError, IsOfAKind) {
  const auto holds = [](bool (*kind)(const SQLite::Exception&), const std::vector<int>& codes) {
    for (const int code : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_CANTOPEN,
                           SQLITE_READONLY, SQLITE_PERM, SQLITE_FULL}) {
      const bool listed = std::find(codes.begin(), codes.end(), code) != codes.end();
      EXPECT_EQ(kind(SQLite::Exception("", code)), listed) << code;
    }
  };
  holds(IsBusy, {SQLITE_BUSY, SQLITE_LOCKED});
  holds(IsDamage, {SQLITE_NOTADB, SQLITE_CORRUPT});
  holds(IsForbidden, {SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM});
  holds(IsDuplicate, {});
}

}  // namespace
}  // namespace hpsearch::store
