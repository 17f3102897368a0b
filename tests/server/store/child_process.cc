#include "tests/server/store/child_process.h"

#include <sys/wait.h>

#include <csignal>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::testing {

ChildProcess::~ChildProcess() {
  Kill();
  fclose(out_);
}

long ChildProcess::Next() {
  long number = -1;
  return fscanf(out_, "%ld", &number) == 1 ? number : -1;
}

void ChildProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  Await();
}

int ChildProcess::Await() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void CommitForEver(const std::string& file, long first, std::size_t ballast, FILE* out) {
  OpenSqlite store(file);
  if (!store.status.ok()) _exit(3);
  if (first == 1 &&
      !store.Commit({study::PutStudy{study::SampleStudy(1, "mlp")}, study::PutRound{study::SampleRound(1)}})
           .ok()) {
    _exit(3);
  }
  constexpr int kUnderWay = 8;  // so that some share a sync
  int under_way = 0;
  for (long number = first;; ++number) {
    study::Batch batch = {study::PutTrial{study::SampleTrial(1, number)},
                          study::AppendEpochs{1, number, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}}};
    if (ballast > 0) batch.emplace_back(study::PutRequest{std::to_string(number), std::string(ballast, 'x')});
    store->Commit(std::move(batch), [out, number, &under_way](const absl::Status& status) {
      if (!status.ok()) _exit(4);
      --under_way;
      fprintf(out, "%ld\n", number);
      fflush(out);
    });
    ++under_way;
    store.strand.RunUntil([&] { return under_way < kUnderWay; });
  }
}

}  // namespace hpsearch::testing
