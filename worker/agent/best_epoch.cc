#include "worker/agent/best_epoch.h"

#include <cmath>

namespace hpsearch::agent {
namespace {

// Losses and errors are fields of an epoch under their names, the study's own metrics stand in a list.
std::optional<double> MetricOf(const std::string& metric, const v1::Epoch& epoch) {
  for (const v1::MetricValue& named : epoch.metrics()) {
    if (named.name() == metric) {
      return named.has_value() && std::isfinite(named.value()) ? std::optional(named.value()) : std::nullopt;
    }
  }
  const google::protobuf::FieldDescriptor* const field = epoch.GetDescriptor()->FindFieldByName(metric);
  if (field == nullptr || field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE ||
      !field->has_presence() || !epoch.GetReflection()->HasField(epoch, field)) {
    return std::nullopt;
  }
  const double value = epoch.GetReflection()->GetDouble(epoch, field);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace

bool Better(const v1::Objective& objective, double a, double b) {
  return objective.direction() == "maximize" ? a > b : a < b;
}

bool BestEpoch::Take(const v1::Objective& objective, const v1::Epoch& reported) {
  const std::optional<double> found = MetricOf(objective.metric(), reported);
  const bool at_last = objective.at() == "last";
  if (!at_last && (!found || (value && !Better(objective, *found, *value)))) return false;
  value = found;
  epoch = reported.epoch();
  return found.has_value();
}

}  // namespace hpsearch::agent
