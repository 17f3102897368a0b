// hpsearch refine STUDY [--around TRIAL,...] [--at NAME=VALUE,...]: one more round for a study that has ended.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/go_on.h"
#include "client/cli/verbs/verbs.h"
#include "client/study_file/yaml_scalar.h"

namespace hpsearch::cli {
namespace {

struct RefineFlags {
  GoOnFlags go_on;
  std::string study;
  std::vector<std::int64_t> around;
  std::vector<std::string> at;
  std::int64_t num = 0;  // 0: not given
};

absl::StatusOr<study::Refining> RefiningOf(const RefineFlags& flags) {
  study::Refining refining{.around = flags.around};
  if (flags.num > 0) refining.num = flags.num;
  for (const std::string& given : flags.at) {
    const std::size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(fmt::format("--at {}: NAME=VALUE is wanted", given));
    }
    absl::StatusOr<model::Scalar> value = study_file::ResolvePlain(given.substr(equals + 1));
    if (!value.ok()) return value.status();
    refining.at.emplace_back(given.substr(0, equals), *std::move(value));
  }
  return refining;
}

int Refine(const RefineFlags& flags) {
  const absl::StatusOr<study::Refining> refining = RefiningOf(flags);
  if (!refining.ok()) return Fail(refining.status());
  return GoOn(flags.go_on, flags.study,
              [&](StudyClient& client) { return client.Refine(flags.study, *refining); });
}

}  // namespace

void AddRefine(App& app) {
  auto flags = std::make_shared<RefineFlags>();
  CLI::App& verb =
      app.AddVerb(kLifeGroup, "refine",
                  "One more round for a study that has ended, around its best; from a database: trains "
                  "it here",
                  [flags] { return Refine(*flags); });
  AddGoOnFlags(verb, flags->go_on);
  verb.add_option("study", flags->study, "Its name")->type_name("STUDY")->required();
  CLI::Option* around =
      verb.add_option("--around", flags->around, "Around these trials")->type_name("TRIAL,...")->delimiter(',');
  verb.add_option("--at", flags->at, "Around this point; what is not named is as the best trial has it")
      ->type_name("NAME=VALUE,...")
      ->delimiter(',')
      ->excludes(around);
  verb.add_option("--num", flags->num, "Points an axis, odd, from 5; default: as the study says")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
}

}  // namespace hpsearch::cli
