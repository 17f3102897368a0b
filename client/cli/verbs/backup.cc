// hpsearch backup: a copy of a database that is as of one moment.
#include "server/store/backup.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/target.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct BackupFlags {
  std::string database, out;
};

int MakeBackup(const BackupFlags& flags) {
  const std::string database = ResolveDatabase(flags.database);
  if (absl::Status status = store::Backup(database, flags.out); !status.ok()) return Fail(OfFile(status));
  std::error_code ignored;
  fmt::print("{}: {:.1f} MB, as {} was\n", flags.out,
             static_cast<double>(std::filesystem::file_size(flags.out, ignored)) / 1e6, database);
  return kDone;
}

}  // namespace

void AddBackup(App& app) {
  auto flags = std::make_shared<BackupFlags>();
  CLI::App& verb =
      app.AddVerb(kOtherGroup, "backup", "A consistent copy of the database, while it is in use or not",
                  [flags] { return MakeBackup(*flags); });
  verb.add_option("--db", flags->database, "The database file; default HPSEARCH_DB, else ./hpsearch.db")
      ->type_name("FILE");
  verb.add_option("--out", flags->out, "The copy; nothing may be there yet")->type_name("FILE")->required();
}

}  // namespace hpsearch::cli
