// A database file for tests of the dashboard, written as a server writes it, and replaced under its name.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::dashboard {

class StudiesFile {
 public:
  StudiesFile() : store_(std::make_unique<testing::OpenSqlite>(path())) {}

  std::string path() const { return folder_.File("studies.db"); }
  void Commit(study::Batch batch) {
    const absl::Status status = store_->Commit(std::move(batch));
    ASSERT_TRUE(status.ok()) << status;
  }
  // A running study without trials.
  void Put(std::int64_t id, const std::string& name, study::StudyState state = study::StudyState::kRunning) {
    study::StudyRecord study = study::SampleStudy(id, name);
    study.state = state;
    study.started_at = study.created_at;
    Commit({study::PutStudy{study}});
  }
  // Another file with this study alone takes the name, as after `rm studies.db*` and a new server.
  void ReplaceBy(const std::string& name) {
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    store_ = std::make_unique<testing::OpenSqlite>(path());
    Put(1, name, study::StudyState::kPaused);
  }

  // The file cannot be found under its name, but by whoever has it open, until it is moved back.
  void MoveAway() { std::filesystem::rename(path(), folder_.File("away.db")); }
  void MoveBack() { std::filesystem::rename(folder_.File("away.db"), path()); }

 private:
  testing::TempFolder folder_;
  std::unique_ptr<testing::OpenSqlite> store_;
};

}  // namespace hpsearch::dashboard
