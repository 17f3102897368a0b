#include "server/store/durable_rows.h"

#include <SQLiteCpp/Transaction.h>

#include <chrono>

#include "server/store/database.h"
#include "server/store/finished_study.h"
#include "server/store/rows.h"

namespace hpsearch::store {
namespace {

constexpr std::int64_t kRowsACommit = 1000;

}  // namespace

absl::StatusOr<double> DurableRowsPerSecond(const std::string& path, std::int64_t rows) {
  const std::int64_t commits = (rows + kRowsACommit - 1) / kRowsACommit;
  // A trial a commit, for the rows to belong to.
  absl::Status status = WriteFinishedStudy(path, {.name = "rows", .spec = "{}"}, commits, 0);
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenToWrite(path);
  if (!database.ok()) return database.status();
  try {
    SQLite::Statement insert(**database,
                             "INSERT INTO epochs (study, trial, epoch, train_loss, train_error, validation_loss, "
                             "validation_error, learning_rate, seconds, reported_at, gradient_norm, weight_norm, "
                             "samples_per_second, checksum) VALUES (1, ?1, ?2, 0.5, 0.2, 0.6, ?3, 0.1, 0.001, "
                             "1700000000000000, 0.3, 12.5, 100000.0, ?4)");
    const auto begun = std::chrono::steady_clock::now();
    for (std::int64_t trial = 1; trial <= commits; ++trial) {
      SQLite::Transaction transaction(**database);
      for (std::int64_t epoch = 1; epoch <= kRowsACommit; ++epoch) {
        const double error = 0.1 + 1e-6 * static_cast<double>(epoch);
        const std::int64_t checksum = RowChecksum(1, trial, epoch, 0.5, 0.2, 0.6, error, 0.1, 0.001,
                                                  1'700'000'000'000'000, 0.3, 12.5, 100'000.0);
        Query(insert, trial, epoch, error, checksum).Run();
      }
      transaction.commit();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return static_cast<double>(commits * kRowsACommit) / took.count();
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path);
  }
}

}  // namespace hpsearch::store
