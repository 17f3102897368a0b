// Checks a part of a document against the key tables and rewrites it to its canonical form: shorthands expanded,
// defaults written out, keys in the table's order, numbers as the key's type. What is broken becomes null there,
// so that later checks leave it alone and no fault brings others with it.
//
// A checker is a short-lived helper of one call; it borrows where faults and usages go. No errors of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/condition.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/model/key_table.h"

namespace hpsearch::model {

class KeyChecker {
 public:
  // With `usages`, a text that begins with "$" is a reference, and "$$" a literal "$"; null: text is text.
  KeyChecker(Faults& faults, std::vector<Usage>* usages) : faults_(faults), usages_(usages) {}

  // A mapping of the table's keys, nothing (as an empty one), or the shorthand's scalar. What stands at a kAny key
  // is left as it is. A node that is nothing of these becomes null.
  void CheckKeys(Node& node, const KeyTable& table, const std::string& path);

  // One of several kinds: {dense: {...}}, or `flatten` for {flatten: {}}. The rule that it was checked against;
  // nullptr, and the node null, where it is none.
  const KeyTable* CheckKind(Node& node, const KindTable& kinds, const std::string& path);

  // A scalar (or sequence of them) at the rule's key, or a switch between them. Becomes null where it does not
  // fit.
  void CheckValue(Node& node, const KeyRule& rule, const std::string& path);

  // A switch, {switch: $p, a: ..., b: ...}: `check` is called with each branch and its path; what names parameters
  // in there does so under that condition. false: the node is none, and `check` was not called.
  using Check = std::function<void(Node& branch, const std::string& path)>;
  bool CheckBranches(Node& node, const std::string& path, const Check& check);
  // The count of a repetition, and with `check` what is repeated.
  void CheckRepeated(Node& times, const std::string& path, const KeyRule& rule,
                     const std::function<void()>& check);

  void Add(std::string path, std::string message, Fault::At at = Fault::At::kValue);
  // The node does not stand where its own checks expect it: says so, and makes it null.
  void Refuse(Node& node, std::string path, std::string message, Fault::At at = Fault::At::kValue);

  bool references() const { return usages_ != nullptr; }
  std::size_t faults() const { return faults_.size(); }  // so far

  // What stands there is broken and is not looked into, but the parameters that it names are used all the same.
  void CollectUsages(const Node& node, const std::string& path);

 private:
  bool IsReference(const Node& node) const;
  // A key that names the parameter.
  void Use(std::string_view parameter, const std::string& path, KeyRule rule);
  void CheckScalar(Node& node, const KeyRule& rule, const std::string& path);
  void CheckReference(Node& node, const KeyRule& rule, const std::string& path);
  void CheckForeignKey(const Node::Entry& entry, const KeyTable& table, const std::string& path);

  Faults& faults_;
  std::vector<Usage>* usages_;
  Conditions conditions_;                 // of the branches and repetitions that are being checked
  std::vector<std::string> repetitions_;  // the parameters that count them
};

}  // namespace hpsearch::model
