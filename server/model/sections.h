// The checks of the model, training and dataset sections of a whole document, references and all. Pure.
#pragma once

#include <vector>

#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/model/network.h"
#include "server/model/training.h"

namespace hpsearch::model {

// Checks keys, types and literal values of `document`'s three sections against the rules and says where they
// name parameters. With `canonical`, the sections are rewritten in place to their canonical form: shorthands
// expanded, every default written out, number keys as numbers. Equal meaning, equal canonical sections.
std::vector<Usage> CheckSections(Node& document, Faults& faults);

// The checks that need everything resolved: shapes, the last layer against loss and classes. `model`, `training`
// and `dataset` are substituted; `shape` is null where the data set is not known here (then classes and row
// counts stay unchecked, and samples are taken to be one flat row).
void CheckTogether(const Node& model, const Node& training, const Node& dataset, const DatasetShape* shape,
                   Faults& faults);

}  // namespace hpsearch::model
