// Whether what a study says of its training and its data goes with what it learns: classes, or (a regression)
// numbers. A part of CheckTogether (sections.h), whose words on broken parts hold here too. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/metric.h"
#include "server/model/outline.h"

namespace hpsearch::model {

// What is known of a study whose parts are checked together.
struct Studied {
  const Outline& layers;
  std::optional<std::int64_t> units;  // of the output; nullopt: not known
  const Node& training;
  const Node& dataset;
  const DatasetShape* shape = nullptr;  // null: not known
};

// By the loss, where one is named, else by the last layer; nullopt: not known.
std::optional<Task> TaskOf(const Outline& layers, const Node& training);

// Metrics, label smoothing, the plateau's monitor, how rows are drawn, and the targets that the data set has.
// Whether the loss goes with the output, and how many units are wanted, is not looked at here.
void CheckTask(const Studied& studied, Task task, Faults& faults);

}  // namespace hpsearch::model
