#include "server/store/earlier_examination.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "server/store/walk.h"
#include "server/study/earlier_results.h"

namespace hpsearch::store {
namespace {

const std::string kEarlierRows =
    fmt::format("SELECT number, {} FROM earlier_results WHERE study = ?1 ORDER BY number", kEarlierColumns);

struct EarlierRow {
  std::int64_t number = 1;
  study::EarlierResult result;
};

EarlierRow ReadEarlierRow(Query& query) {
  Columns columns(query);
  EarlierRow row;
  row.number = columns.Integer();
  row.result.study = columns.Text();
  row.result.trial = columns.Integer();
  row.result.point = columns.Text();
  row.result.objective = columns.Real();
  return row;
}

// What is wrong with one that the study may have asked for; empty: nothing.
std::string FaultOf(const study::EarlierResult& result, const study::StudySpec& spec) {
  const std::vector<std::string>& asked = spec.search.warm_start;
  if (std::ranges::find(asked, result.study) == asked.end()) {
    return fmt::format("is of study {}; search.warm_start names {}", result.study, fmt::join(asked, ", "));
  }
  if (study::ObservationsOf(spec, {result}).ok()) return "";
  return fmt::format("is at the point '{}', which the study cannot have", result.point);
}

}  // namespace

void ExamineEarlier(Statements& statements, const study::StudyRecord& study, const study::StudySpec* spec,
                    std::int64_t most_rows, Findings& findings) {
  const auto add = [&](std::string what) { findings.Add({study.name, {}, {}, std::move(what)}); };
  const bool asks = spec == nullptr || !spec->search.warm_start.empty();
  std::int64_t rows = 0, last = 0;
  for (Walk<EarlierRow> walk(statements, kEarlierRows, study.id, most_rows, ReadEarlierRow); walk.row();
       walk.Next()) {
    const auto& [number, result] = *walk.row();
    const std::string which =
        fmt::format("its earlier result {}, trial {}/{},", number, result.study, result.trial);
    ++rows;
    if (number != last + 1) add(fmt::format("{} comes behind {}; {} is wanted", which, last, last + 1));
    last = number;
    if (!std::isfinite(result.objective)) {
      add(fmt::format("{} has the objective {}; a finite number is wanted", which, result.objective));
    }
    if (spec == nullptr || !asks) continue;
    if (const std::string fault = FaultOf(result, *spec); !fault.empty()) add(fmt::format("{} {}", which, fault));
  }
  if (!asks && rows > 0) {
    add(fmt::format("has {} results of earlier studies, and no search.warm_start that asks for them", rows));
  }
  if (spec != nullptr && asks && rows == 0) {
    add(fmt::format("has no results of earlier studies, and a search.warm_start that asks for those of {}",
                    fmt::join(spec->search.warm_start, ", ")));
  }
}

}  // namespace hpsearch::store
