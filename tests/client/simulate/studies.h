// Studies and tables for tests of simulations. Files go with the object. Throws where a study has faults.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"
#include "server/study/spec.h"

namespace hpsearch::simulate {

// A study over a learning rate and a dropout; JSON as the study file has it.
inline std::shared_ptr<const study::StudySpec> SpecOf(
    const std::string& search = R"({"grid":{}})", int epochs = 3,
    const std::string& rate = R"({"logspace":{"start":-3,"stop":0,"num":4}})", const std::string& more = "") {
  const auto spec = study::ReadSpec(
      fmt::format(R"({{"study":"s","dataset":"digits","model":[{{"dropout":{{"rate":"$dropout"}}}},)"
                  R"({{"dense":{{"units":2,"activation":"softmax"}}}}],)"
                  R"("training":{{"epochs":{},"optimizer":{{"sgd":{{"learning_rate":"$rate"}}}}}},)"
                  R"("parameters":{{"rate":{},"dropout":{{"values":[0,0.5]}}}},"search":{}{}}})",
                  epochs, rate, search, more));
  if (!spec.ok()) throw std::runtime_error(std::string(spec.status().message()));
  return *spec;
}

class TableFile {
 public:
  explicit TableFile(const std::string& text)
      : path_(fmt::format("{}/table-{}-{}.csv", testing::TempDir(),
                          testing::UnitTest::GetInstance()->current_test_info()->name(),
                          static_cast<const void*>(this))) {
    std::ofstream(path_) << text;
  }
  ~TableFile() { std::filesystem::remove(path_); }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace hpsearch::simulate
