// Each of the three sections by itself, checked against its rules and rewritten to its canonical form (see
// key_check.h): for whole documents with references, and for a trial's substituted sections. Pure.
#pragma once

#include "server/model/document.h"
#include "server/model/key_check.h"

namespace hpsearch::model {

// {sgd: {switch: $p, a: {...}}} as {switch: $p, a: {sgd: {...}}}, for what stands at a place that takes one of
// several.
void LiftSwitch(Node& kind);

void CheckModel(Node& model, KeyChecker& checker);
void CheckTraining(Node& training, KeyChecker& checker);
void CheckDataset(Node& dataset, KeyChecker& checker);

}  // namespace hpsearch::model
