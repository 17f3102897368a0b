// The keys of the `dataset` section that name columns of a table: target, drop and categorical. A column is a name
// of the header, or an index from 0; -1 is the last. Pure.
#pragma once

#include <string>

#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/key_check.h"

namespace hpsearch::model {

// Of a section whose keys fit (or are null): no column is dropped twice, or twice categorical. What is broken
// becomes null.
void CheckColumnKeys(Node& dataset, const std::string& path, KeyChecker& checker);

// Requires: the node is a canonical column.
Column ColumnOf(const Node& node);

}  // namespace hpsearch::model
