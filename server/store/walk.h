// The rows of a query of one study, one after the other, with a look at the next: so that an examination takes no
// more memory than a row. Errors are thrown (SQLite::Exception): what SQLite or the reader of a row says, and
// SQLITE_CORRUPT behind `most` rows, more than the file has room for: they would go round in a circle.
//
// Threads: those of the connection. Only this room sees SQLite.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>

#include "server/store/rows.h"

namespace hpsearch::store {

template <class Row>
class Walk {
 public:
  // `sql` outlives this.
  Walk(Statements& statements, const std::string& sql, std::int64_t study, std::int64_t most, Row (*read)(Query&))
      : query_(statements, sql.c_str(), study), most_(most), read_(read) {
    Next();
  }
  const std::optional<Row>& row() const { return row_; }
  void Next() {
    row_.reset();
    if (!query_.Next()) return;
    if (++rows_ > most_) throw SQLite::Exception("more rows than the file has room for", SQLITE_CORRUPT);
    row_ = read_(query_);
  }

 private:
  Query query_;
  std::int64_t most_, rows_ = 0;
  Row (*read_)(Query&);
  std::optional<Row> row_;
};

}  // namespace hpsearch::store
