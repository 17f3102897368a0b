// Where each part of a study document stands in its file, by key path ("model[3].dense.units").
//
// A value; whoever holds it owns it. No errors: a path that the file does not have is found at its nearest
// ancestor, which is where a missing key, or a shorthand that was expanded, belongs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "server/model/fault.h"

namespace hpsearch::study_file {

// Counted from 1, in characters. Line 0: the value came from the command line, not from the file.
struct Position {
  int line = 0;
  int column = 0;
  auto operator<=>(const Position&) const = default;
};

// A fault at its place. Faults sort as they stand in the file, those of the command line first.
struct LocatedFault {
  Position position;
  std::string path;
  std::string message;
  auto operator<=>(const LocatedFault&) const = default;
};

class SourceMap {
 public:
  // Of a mapping's entry the key's place and its value's; of a sequence's item, and of the document, one place.
  void Add(const std::string& path, Position key, Position value);
  // The part at `path` and all below it came from the command line instead.
  void Override(const std::string& path);
  LocatedFault Locate(const model::Fault& fault) const;

 private:
  struct Entry {
    Position key, value;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace hpsearch::study_file
