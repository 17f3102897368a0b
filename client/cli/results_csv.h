// A study's results as comma-separated values (RFC 4180): a row a trial, or a row an epoch, which is the table
// that `simulate` reads. Numbers read back to the same bits, what is absent or not finite is an empty cell, and
// each parameter is a column of its name. A column of ours that is called as a parameter is (`learning_rate`) gets
// another name: "trial_" or "epoch_" before it.
//
// Values; pure; no errors.
#pragma once

#include <string>
#include <vector>

#include "client/cli/json_output.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

// The names of all parameters that are in any of the rows, in their order.
std::vector<std::string> ParameterNames(const std::vector<store::TrialRow>& trials);

class TrialsCsv {
 public:
  explicit TrialsCsv(std::vector<std::string> parameters) : parameters_(std::move(parameters)) {}
  std::string Header() const;
  std::string Row(const store::TrialRow& trial) const;

 private:
  std::vector<std::string> parameters_;
};

class CurvesCsv {
 public:
  // `metrics`: those of training.metrics, as the rows' epochs name them.
  CurvesCsv(std::vector<std::string> parameters, const std::vector<std::string>& metrics);
  std::string Header() const;
  std::string Rows(const store::TrialRow& trial, const std::vector<store::EpochRow>& epochs) const;

 private:
  std::vector<std::string> parameters_;
  std::vector<std::string> of_epochs_;  // keys of EpochJson
};

}  // namespace hpsearch::cli
