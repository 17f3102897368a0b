// A worker with one small data set against a FakeCoordinator, and leases for it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/worker/agent/fake_coordinator.h"
#include "tests/worker/data/idx_files.h"
#include "worker/agent/worker.h"
#include "worker/data/catalog.h"

namespace hpsearch::agent {

constexpr std::int64_t kForEver = 1'000'000;  // epochs that no test waits for

// A small net on a small set: an epoch takes far less than a millisecond.
inline v1::Lease LeaseOf(std::int64_t trial, std::int64_t epochs, std::int64_t attempt = 1) {
  v1::Lease lease;
  SetId({"shapes-mlp", trial, attempt}, &lease);
  lease.set_epochs(epochs);
  lease.set_seed(7);
  lease.mutable_dataset()->mutable_name()->set_value("shapes");
  v1::Dense* dense = lease.add_model()->mutable_dense();
  dense->mutable_units()->set_value(3);
  dense->mutable_activation()->set_value("softmax");
  v1::Training* training = lease.mutable_training();
  training->mutable_epochs()->set_value(epochs);
  training->mutable_batch_size()->set_value(8);
  training->mutable_optimizer()->mutable_sgd()->mutable_learning_rate()->set_value(0.01 *
                                                                                   static_cast<double>(trial));
  return lease;
}

inline LeaseId Id(std::int64_t trial, std::int64_t attempt = 1) { return {"shapes-mlp", trial, attempt}; }

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    data::IdxSet::Counting(60, 12, 3).Write(folder_ / "shapes", true);
    options_.name = "tester";
    options_.catalog = std::make_shared<data::Catalog>(std::vector<std::string>{folder_.path()});
  }
  ~WorkerTest() override {
    if (worker_ != nullptr) worker_->Stop();
    if (thread_.joinable()) thread_.join();
  }

  void Begin(std::shared_ptr<grpc::Channel> channel = nullptr) {
    worker_ = std::make_unique<Worker>(channel ? channel : coordinator_.Channel(), options_);
    std::promise<absl::Status> result;
    result_ = result.get_future();
    thread_ = std::thread([this, result = std::move(result)]() mutable { result.set_value(worker_->Run()); });
  }
  absl::Status Result() {
    if (result_.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      ADD_FAILURE() << "Run does not return";
      return absl::UnknownError("");
    }
    return result_.get();
  }
  // The epochs of a lease, as this session has reported them.
  std::vector<v1::Epoch> Reported(const LeaseId& id) {
    std::vector<v1::Epoch> epochs;
    for (const v1::WorkerMessage& message : coordinator_.OfThisSession()) {
      for (const v1::EpochReport& report : message.reports().reports()) {
        if (IdOf(report) == id) epochs.insert(epochs.end(), report.epochs().begin(), report.epochs().end());
      }
    }
    return epochs;
  }
  static std::vector<std::string> Texts(std::vector<v1::Epoch> epochs) {
    std::vector<std::string> texts;
    for (v1::Epoch& epoch : epochs) texts.push_back(epoch.SerializeAsString());
    return texts;
  }

  data::TemporaryFolder folder_;
  WorkerOptions options_;
  FakeCoordinator coordinator_;
  std::unique_ptr<Worker> worker_;
  std::future<absl::Status> result_;
  std::thread thread_;
};

}  // namespace hpsearch::agent
