// A store under test, made empty, with the strand that it answers on.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "server/study/store.h"
#include "tests/server/study/record_samples.h"
#include "tests/support/hand_strand.h"

namespace hpsearch::study {

struct StoreMaker {
  std::string name;
  std::function<std::shared_ptr<Store>(Strand&)> make;  // an empty one
};
inline void PrintTo(const StoreMaker& maker, std::ostream* out) { *out << maker.name; }

// A store, the strand it answers on, and a study 1 with its first round where `Begin` made them.
class OpenedStore {
 public:
  explicit OpenedStore(const StoreMaker& maker) : store_(maker.make(strand)) {}

  // Waits for the answer.
  absl::Status Commit(Batch batch) {
    std::optional<absl::Status> answer;
    store_->Commit(std::move(batch), [&answer](absl::Status status) { answer = std::move(status); });
    EXPECT_TRUE(strand.RunUntil([&answer] { return answer.has_value(); })) << "a batch was never answered";
    return answer.value_or(absl::DeadlineExceededError("never answered"));
  }
  void Begin(std::int64_t study = 1, const std::string& name = "mlp") {
    const absl::Status begun = Commit({PutStudy{SampleStudy(study, name)}, PutRound{SampleRound(study)}});
    ASSERT_TRUE(begun.ok()) << begun;
  }
  // Of a study's open trial; none where it has no such trial.
  std::vector<EpochRecord> Epochs(std::int64_t trial, std::int64_t study = 1) {
    const std::vector<StoredStudy> studies = store_->LoadOpenStudies().value();
    for (const StoredStudy& stored : studies) {
      if (stored.study.id != study) continue;
      for (const StoredStudy::Open& open : stored.open) {
        if (open.trial.number == trial) return open.epochs;
      }
    }
    return {};
  }
  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }

  hpsearch::testing::HandStrand strand;

 private:
  std::shared_ptr<Store> store_;
};

}  // namespace hpsearch::study
