// A study on its way and its best trial, as rows, for tests of what is shown. Pure.
#pragma once

#include "server/store/study_reader.h"

namespace hpsearch::cli {

inline store::StudyRow SomeStudy() {
  store::StudyRow study;
  study.study = "quickstart";
  study.state = "RUNNING";
  study.metric = "validation_error";
  study.direction = "minimize";
  study.rounds = 1;
  study.planned_trials = 12;
  study.max_trials = 37;
  study.trial_counts = {{"QUEUED", 9}, {"RUNNING", 0}, {"COMPLETED", 3}};
  study.seconds = 1.5;
  return study;
}

inline store::TrialRow SomeTrial() {
  store::TrialRow trial;
  trial.study = "quickstart";
  trial.trial = 3;
  trial.state = "COMPLETED";
  trial.objective = 0.1;
  trial.best_epoch = 4;
  trial.epochs = 5;
  trial.epochs_planned = 5;
  trial.parameters = R"({"z":0.1,"a":10.0,"n":3,"t":"x"})";
  trial.worker = "w";
  trial.attempt = 1;
  trial.seconds = 2.25;
  return trial;
}

}  // namespace hpsearch::cli
