// A SqliteStore over a file, driven by a test: commits wait for their answer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/store/sqlite_store.h"
#include "tests/support/hand_strand.h"

namespace hpsearch::testing {

class OpenSqlite {
 public:
  explicit OpenSqlite(const std::string& file) {
    absl::StatusOr<std::unique_ptr<store::SqliteStore>> opened = store::SqliteStore::Open(file, strand);
    if (opened.ok()) {
      store_ = *std::move(opened);
    } else {
      status = opened.status();
    }
  }

  absl::Status Commit(study::Batch batch) {
    std::optional<absl::Status> answer;
    store_->Commit(std::move(batch), [&answer](absl::Status committed) { answer = std::move(committed); });
    EXPECT_TRUE(strand.RunUntil([&answer] { return answer.has_value(); })) << "a batch was never answered";
    return answer.value_or(absl::DeadlineExceededError("never answered"));
  }
  void Close() { store_.reset(); }
  store::SqliteStore* operator->() { return store_.get(); }

  absl::Status status;  // of opening; with an error there is no store
  HandStrand strand;

 private:
  std::unique_ptr<store::SqliteStore> store_;
};

}  // namespace hpsearch::testing
