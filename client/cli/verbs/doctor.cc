// hpsearch doctor: what is wrong with a database.
#include "server/store/doctor.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/json_output.h"
#include "client/cli/target.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct DoctorFlags {
  std::string database;
  bool json = false;
};

Json DiagnosisJson(const store::Diagnosis& diagnosis) {
  Json findings = Json::array();
  for (const store::Finding& finding : diagnosis.findings.list()) {
    Json one;
    one["study"] = finding.study.empty() ? Json() : Json(finding.study);
    one["trial"] = finding.trial ? Json(*finding.trial) : Json();
    one["epoch"] = finding.epoch ? Json(*finding.epoch) : Json();
    one["what"] = finding.what;
    findings.push_back(std::move(one));
  }
  Json json;
  json["sound"] = diagnosis.findings.list().empty();
  json["studies"] = diagnosis.studies;
  json["trials"] = diagnosis.trials;
  json["epochs"] = diagnosis.epochs;
  json["findings"] = std::move(findings);
  json["more"] = diagnosis.findings.more();
  return json;
}

std::string PlaceOf(const store::Finding& finding) {
  if (finding.study.empty()) return "the file";
  std::string place = finding.study;
  if (finding.trial) place += fmt::format("/{}", *finding.trial);
  if (finding.epoch) place += fmt::format(", epoch {}", *finding.epoch);
  return place;
}

void PrintDiagnosis(const std::string& database, const store::Diagnosis& diagnosis) {
  for (const store::Finding& finding : diagnosis.findings.list()) {
    fmt::print("{}\n", Printable(fmt::format("{}: {}", PlaceOf(finding), finding.what)));
  }
  const std::int64_t more = diagnosis.findings.more();
  if (more > 0) fmt::print("... and {} more\n", more);
  const std::string looked =
      fmt::format("{} studies, {} trials, {} epochs", diagnosis.studies, diagnosis.trials, diagnosis.epochs);
  if (diagnosis.findings.list().empty()) {
    fmt::print("{}: sound: {}\n", database, looked);
  } else {
    fmt::print("{}: {} findings in {}; a backup has what was before them\n", database,
               static_cast<std::int64_t>(diagnosis.findings.list().size()) + more, looked);
  }
}

int Doctor(const DoctorFlags& flags) {
  const std::string database = ResolveDatabase(flags.database);
  const absl::StatusOr<store::Diagnosis> diagnosis = store::Examine(database);
  if (!diagnosis.ok()) return Fail(OfFile(diagnosis.status()));
  if (flags.json) {
    PrintJson(DiagnosisJson(*diagnosis));
  } else {
    PrintDiagnosis(database, *diagnosis);
  }
  return diagnosis->findings.list().empty() ? kDone : kFailed;
}

}  // namespace

void AddDoctor(App& app) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App& verb =
      app.AddVerb(kOtherGroup, "doctor", "Says what is wrong with a database, while it is in use or not",
                  [flags] { return Doctor(*flags); });
  verb.add_option("--db", flags->database, "The database file; default HPSEARCH_DB, else ./hpsearch.db")
      ->type_name("FILE");
  verb.add_flag("--json", flags->json, "As JSON");
}

}  // namespace hpsearch::cli
