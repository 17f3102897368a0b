#include "worker/optim/rule.h"

#include <variant>

namespace hpsearch::optim {
namespace {

struct Maker {
  std::unique_ptr<Rule> operator()(const model::Sgd& rule) const { return MakeSgd(rule); }
  std::unique_ptr<Rule> operator()(const model::Adam& rule) const { return MakeAdam(rule); }
  std::unique_ptr<Rule> operator()(const model::AdamW& rule) const { return MakeAdamW(rule); }
  std::unique_ptr<Rule> operator()(const model::Adadelta& rule) const { return MakeAdadelta(rule); }
  std::unique_ptr<Rule> operator()(const model::RmsProp& rule) const { return MakeRmsProp(rule); }
};

}  // namespace

std::unique_ptr<Rule> MakeRule(const model::Optimizer& optimizer) { return std::visit(Maker(), optimizer.rule); }

}  // namespace hpsearch::optim
