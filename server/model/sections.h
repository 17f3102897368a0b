// The checks of the model, training and dataset sections of a whole document, references and all. Pure.
#pragma once

#include <optional>
#include <vector>

#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/model/metric.h"
#include "server/model/network.h"
#include "server/model/training.h"

namespace hpsearch::model {

// Checks keys, types and literal values of `document`'s three sections against the rules and says where they
// name parameters. The sections are rewritten in place to their canonical form: shorthands expanded, every default
// written out, numbers as the key's type. Equal meaning, equal canonical sections. What a fault was found in is
// null there, so that later checks pass over it; a section that is null already is passed over here.
std::vector<Usage> CheckSections(Node& document, Faults& faults);

// The same of a trial's sections, in which nothing is open; the loss that the network asks for is written out.
void CheckResolved(Node& model, Node& training, Faults& faults);
void CheckResolved(Node& dataset, Faults& faults);

// What a study learns, by its loss or else by its last layer; nullopt: it is not known, as where one of them is
// broken or (nothing substituted) a parameter's. Sections as CheckTogether takes them.
std::optional<Task> TaskOf(const Node& model, const Node& training);

// The checks that need everything resolved: shapes, the last layer against loss and targets, metrics, a batch
// against memory. `model`, `training` and `dataset` are canonical and substituted; what is null in them (broken,
// or the value of a parameter that is) is unknown, and what depends on it is not checked. `shape` is that of the
// data set, whole or with its `classes` selected, or null where the set is not known here (then its classes and
// row counts stay unchecked, and of shapes what depends on the sample's).
void CheckTogether(const Node& model, const Node& training, const Node& dataset, const DatasetShape* shape,
                   Faults& faults);

}  // namespace hpsearch::model
