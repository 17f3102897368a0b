#include "client/simulate/results_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "server/model/metric.h"
#include "worker/data/csv_cell.h"
#include "worker/data/csv_table.h"
#include "worker/data/digest.h"

namespace hpsearch::simulate {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr double kMostEpoch = 1e9;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// What a worker may report of it lies between 0 and 1.
bool IsFraction(const std::string& metric) {
  const auto named = model::MetricNamed(metric);
  return named ? model::TaskOf(named->metric) == model::Task::kClassification : metric.ends_with("_error");
}

}  // namespace

double ValueAt(const Curve& curve, std::int64_t epoch) {
  const auto after = curve.upper_bound(epoch);
  return after == curve.begin() ? kNone : std::prev(after)->second;
}

// One reading of a file.
class ResultsTable::Reader {
 public:
  Reader(const data::CsvTable& csv, const study::StudySpec& spec)
      : csv_(csv), metric_(spec.objective.metric), fraction_(IsFraction(metric_)) {}

  absl::StatusOr<ResultsTable> Read(const search::SearchSpace& space) {
    if (absl::Status status = FindColumns(space); !status.ok()) return status;
    for (std::int64_t row = 1; row < csv_.rows(); ++row) {
      if (absl::Status status = ReadRow(row); !status.ok()) return status;
    }
    if (table_.points_.empty()) return absl::InvalidArgumentError(csv_.path() + ": no rows behind the header");
    return std::move(table_);
  }

 private:
  std::optional<std::int64_t> Column(std::string_view name) const {
    for (std::int64_t column = 0; column < csv_.columns(); ++column) {
      if (csv_.Cell(0, column) == name) return column;
    }
    return std::nullopt;
  }

  absl::Status FindColumns(const search::SearchSpace& space) {
    const auto missing = [this](const std::string& name, const char* what) {
      return absl::InvalidArgumentError(fmt::format("{}: there is no column '{}', {}", csv_.path(), name, what));
    };
    for (const search::Parameter& parameter : space.parameters()) {
      const auto column = Column(parameter.name());
      // A constant, whatever the table says of it, is the same for all.
      if (!column && parameter.places().size() == 1) continue;
      if (!column) return missing(parameter.name(), "which is a parameter of the study");
      table_.parameters_.push_back(parameter.name());
      table_.scales_.push_back(search::ScaleOf(parameter));
      parameters_.push_back(*column);
    }
    for (const char* name : {"run", "seed", "trial"}) {
      const auto column = Column(name);
      if (column && space.Find(name) == nullptr) runs_.push_back(*column);
    }
    const auto epoch = Column("epoch"), value = Column(metric_);
    if (!epoch) return missing("epoch", "the epoch that a row is of, from 1");
    if (!value) return missing(metric_, "which is the study's objective");
    epoch_ = *epoch;
    value_ = *value;
    return absl::OkStatus();
  }

  absl::Status ReadRow(std::int64_t row) {
    std::vector<Value> values;
    for (const std::int64_t column : parameters_) values.push_back(ValueOf(csv_.Cell(row, column)));
    const auto [place, new_point] = places_.emplace(values, places_.size());
    if (new_point) {
      table_.points_.push_back({std::move(values), {}});
      runs_of_.emplace_back();
    }
    std::vector<std::string> run;
    for (const std::int64_t column : runs_) run.emplace_back(csv_.Cell(row, column));
    auto& runs = runs_of_[place->second];
    Point& point = table_.points_[place->second];
    const auto [number, new_run] = runs.emplace(std::move(run), runs.size());
    if (new_run) point.runs.emplace_back();

    const std::optional<double> epoch = data::NumberIn(csv_.Cell(row, epoch_));
    if (!epoch || *epoch < 1 || *epoch > kMostEpoch || *epoch != std::floor(*epoch)) {
      return Fault(row, "epoch", "an integer from 1 is wanted");
    }
    const std::string_view cell = csv_.Cell(row, value_);
    const std::optional<double> value = data::NumberIn(cell);
    if (!value && !data::IsMissing(cell) && !IsInfinite(cell)) return Fault(row, metric_, "a number is wanted");
    if (value && fraction_ && (*value < 0 || *value > 1)) {
      return Fault(row, metric_, "a fraction from 0 to 1 is wanted");
    }
    const auto at = static_cast<std::int64_t>(*epoch);
    if (!point.runs[number->second].emplace(at, value.value_or(kNone)).second) {
      return Fault(row, "epoch",
                   fmt::format("there is a row of this epoch, point and training already; trainings of one point "
                               "are told apart by a column 'run' or 'seed', points by the study's parameters"));
    }
    table_.epochs_ = std::max(table_.epochs_, at);
    return absl::OkStatus();
  }

  static bool IsInfinite(std::string_view cell) {
    if (cell.starts_with('-') || cell.starts_with('+')) cell.remove_prefix(1);
    return cell == "inf" || cell == "Infinity";
  }

  absl::Status Fault(std::int64_t row, std::string_view column, std::string_view what) const {
    return absl::InvalidArgumentError(
        fmt::format("{}: line {}: {}: {}", csv_.path(), csv_.Line(row), column, what));
  }

  const data::CsvTable& csv_;
  const std::string metric_;
  const bool fraction_;
  ResultsTable table_;
  std::vector<std::int64_t> parameters_, runs_;  // columns
  std::int64_t epoch_ = 0, value_ = 0;
  std::map<std::vector<Value>, std::size_t> places_;                      // of points
  std::vector<std::map<std::vector<std::string>, std::size_t>> runs_of_;  // of each
};

absl::StatusOr<ResultsTable> ResultsTable::Read(const std::string& path, const study::StudySpec& spec) {
  data::Digest digest;
  const absl::StatusOr<data::CsvTable> csv = data::CsvTable::Read(path, kMostBytes, digest);
  if (!csv.ok()) return csv.status();
  return Reader(*csv, spec).Read(spec.space);
}

ResultsTable::Value ResultsTable::ValueOf(std::string_view cell) {
  if (const std::optional<double> number = data::NumberIn(cell)) return {number, ""};
  return {std::nullopt, std::string(cell)};
}

double ResultsTable::Distance(const std::vector<Value>& a, const std::vector<Value>& b) const {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    double apart = 1;
    if (scales_[i] && a[i].number && b[i].number) {
      const double along = scales_[i]->At(*a[i].number) - scales_[i]->At(*b[i].number);
      if (std::isfinite(along)) apart = along * along;
    }
    sum += apart;
  }
  return sum;
}

const Curve& ResultsTable::Nearest(std::string_view parameters, std::int64_t run) const {
  const auto given = nlohmann::json::parse(parameters, nullptr, /*allow_exceptions=*/false);
  std::vector<Value> values;
  for (const std::string& name : parameters_) {
    const auto found = given.find(name);
    if (found == given.end() || found->is_null()) {
      values.emplace_back();
    } else {
      values.push_back(ValueOf(found->is_string() ? found->get<std::string>() : found->dump()));
    }
  }
  const Point* nearest = &points_.front();
  double least = Distance(values, nearest->values);
  for (const Point& point : points_) {
    const double apart = Distance(values, point.values);
    if (apart < least) {
      least = apart;
      nearest = &point;
    }
  }
  return nearest->runs[static_cast<std::size_t>(run) % nearest->runs.size()];
}

}  // namespace hpsearch::simulate
