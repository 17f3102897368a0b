// The binary itself, on a small data set: verbs, outputs and exit codes from end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "server/store/file_lock.h"
#include "tests/support/tiny_dataset.h"

namespace hpsearch::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

struct Result {
  int code = -1;
  std::string out, err;
};

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

class Binary : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return data_.data_path + "/" + name; }
  std::string Db() const { return Path("test.db"); }

  // hpsearch with those arguments (the shell's words).
  Result Run(const std::string& arguments, const std::string& environment = "") const {
    const std::string command =
        "cd " + data_.data_path + " && env -u HPSEARCH_SERVER -u HPSEARCH_DB HPSEARCH_DATA=" + data_.data_path +
        " " + environment + " " + HPSEARCH_BINARY + " " + arguments + " > out.txt 2> err.txt < /dev/null";
    Result result;
    const int status = std::system(command.c_str());
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.out = ReadFile(Path("out.txt"));
    result.err = ReadFile(Path("err.txt"));
    return result;
  }

  std::string Study(const std::string& name, const std::string& changes = "") const {
    const std::string path = Path(name + ".yaml");
    std::ofstream(path) << "study: " << name << R"(
dataset: tiny
model:
  - dense: {units: 16, activation: relu, max_norm: 3}
  - dropout: $dropout
  - dense: {units: 4, activation: softmax}
training:
  epochs: 3
  optimizer: {sgd: {learning_rate: $learning_rate, momentum: 0.9}}
parameters:
  learning_rate: {logspace: {start: -2, stop: -1, num: 2}}
  dropout: {values: [0, 0.2]}
)" << changes;
    return path;
  }

  testing_support::TinyDataset data_;
};

TEST_F(Binary, RunPrintsTheBestAndReadsShowIt) {
  const std::string file = Study("small", "search: {refine: {rounds: 2}}\nweight: 2\n");
  EXPECT_THAT(Run("check " + file).out, HasSubstr("weight 2, priority 0"));
  const Result run = Run("run " + file + " --db " + Db() + " --workers 2 --json");
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("small: round 2/2"));
  EXPECT_THAT(run.err, Not(HasSubstr("\x1b")));
  const Json result = Json::parse(run.out);
  EXPECT_EQ(result["state"], "COMPLETED");
  EXPECT_EQ(result["rounds"], 2);
  EXPECT_EQ(result["trial_counts"], Json({{"COMPLETED", 9}}));
  EXPECT_LT(result["best"]["objective"].get<double>(), 0.5);

  const std::string db = " --db " + Db();
  EXPECT_EQ(Json::parse(Run("best small --json" + db).out), result);
  EXPECT_EQ(Json::parse(Run("wait small --json" + db).out), result);
  EXPECT_EQ(Json::parse(Run("list --json" + db).out)[0], result);
  EXPECT_EQ(Json::parse(Run("show small --json" + db).out)["planned_trials"], 9);
  EXPECT_THAT(Run("show small" + db).out, HasSubstr("weight 2, priority 0"));
  EXPECT_EQ(Json::parse(Run("best small --json", "HPSEARCH_DB=" + Db()).out), result);

  const Json trials =
      Json::parse(Run("trials small --json --sort=-objective --limit 3 --state completed" + db).out);
  ASSERT_EQ(trials.size(), 3);
  EXPECT_GE(trials[0]["objective"].get<double>(), trials[2]["objective"].get<double>());
  EXPECT_EQ(trials[0]["epochs"], 3);
  const Json curve = Json::parse(Run("curve small/best --json" + db).out);
  ASSERT_EQ(curve.size(), 3);
  EXPECT_EQ(curve[result["best"]["epoch"].get<int>() - 1]["validation_error"], result["best"]["objective"]);

  for (const char* verb : {"best small", "show small", "trials small", "list", "curve small/1", "workers"}) {
    const Result text = Run(verb + db);
    EXPECT_EQ(text.code, 0) << verb << text.err;
    EXPECT_THAT(text.out, Not(IsEmpty())) << verb;
    EXPECT_THAT(text.out, Not(HasSubstr("\x1b"))) << verb;
  }
  EXPECT_THAT(Run("trials small --sort nonsense" + db).err, HasSubstr("nonsense"));
  EXPECT_EQ(Run("trials small --state nonsense" + db).code, 2);

  const Result watch = Run("watch small --json" + db);
  EXPECT_EQ(watch.code, 0);
  std::istringstream lines(watch.out);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(Json::parse(line).contains("event"));

  // The same again returns what is there; another one under that name is refused; --name is the way out.
  EXPECT_EQ(Json::parse(Run("run " + file + db + " --json").out), result);
  const Result other = Run("run " + file + db + " --set seed=4");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("--name"));
}

TEST_F(Binary, CheckShowsThePlanOrEveryFault) {
  const Result check = Run("check " + Study("plan", "search: {refine: {rounds: 2}}\n") + " --json");
  ASSERT_EQ(check.code, 0) << check.err;
  EXPECT_EQ(check.out,
            R"({"study":"plan","trials":4,"max_trials":9,"epochs":3,"parameters":)"
            R"({"learning_rate":[0.01,0.1],"dropout":[0.0,0.2]},"strategy":"grid","same_for_any_workers":true})"
            "\n");
  EXPECT_THAT(Run("check plan.yaml").out, HasSubstr("4 trials of 3 epochs"));
  EXPECT_THAT(Run("check " + Study("stopped", "stopping: [{patience: 3}]\n")).out,
              HasSubstr("stopping: patience; the same trials and epochs for any number of workers"));
  const Result stopped = Run("check " + Study("stopped", "stopping: [{patience: 3}, median]\n") + " --json");
  EXPECT_THAT(stopped.out, HasSubstr(R"("stopping":["patience","median"],"same_for_any_workers":false)"));

  const std::string faulty = Study("faulty", "sed: 7\nlimits: {max_trials: x}\n");
  for (const char* verb : {"check ", "run ", "submit "}) {
    const Result refused = Run(verb + faulty);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.out, IsEmpty());
    EXPECT_THAT(refused.err, StartsWith(faulty + ":13:1: sed: "));
    EXPECT_THAT(refused.err, HasSubstr(faulty + ":14:22: limits.max_trials: "));
  }
  EXPECT_FALSE(std::filesystem::exists(Path("hpsearch.db")));
}

TEST_F(Binary, DataFaultsAreSaid) {
  const std::string file = Study("data");
  const Result missing = Run("run " + file + " --set dataset=nowhere --db " + Db());
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("nowhere"));
  EXPECT_EQ(Run("check " + file + " --set dataset.path=" + data_.folder).code, 2);  // `dataset` is a name there
  EXPECT_EQ(Run("run " + file + " --set dataset={path:\\ " + data_.folder + "} --db " + Db()).code, 0);

  EXPECT_THAT(Run("datasets").out, HasSubstr("6x6"));
  std::filesystem::resize_file(data_.images(), 1000);
  EXPECT_THAT(Json::parse(Run("datasets --json").out)[0]["fault"].get<std::string>(), HasSubstr(data_.images()));
  const Result damaged = Run("run " + file + " --name damaged --db " + Db());
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.err, HasSubstr(data_.images()));
  EXPECT_THAT(Run("show damaged --db " + Db()).out, HasSubstr("FAILED"));
}

TEST_F(Binary, LifeCycleStraightFromTheFile) {
  const std::string db = " --db " + Db();
  const Result submitted = Run("submit " + Study("quiet") + db);
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  EXPECT_EQ(submitted.out, "quiet\n");
  EXPECT_EQ(Run("pause quiet" + db).out, "quiet: PAUSED\n");
  EXPECT_EQ(Run("resume quiet" + db).out, "quiet: RUNNING\n");
  EXPECT_EQ(Run("cancel quiet" + db).out, "quiet: CANCELLED\n");
  EXPECT_EQ(Run("wait quiet" + db).code, 1);
  EXPECT_EQ(Run("resume quiet" + db).code, 1);
  EXPECT_EQ(Run("pause nobody" + db).code, 1);
  EXPECT_EQ(Run("submit quiet.yaml --dry-run --name other" + db).code, 0);
  EXPECT_EQ(Run("show other" + db).code, 1);

  const Result single = Run("cancel quiet/1" + db);
  EXPECT_EQ(single.code, 2);
  EXPECT_THAT(single.err, HasSubstr("single trial"));
  EXPECT_EQ(Run("pause No_Study" + db).code, 1);
}

TEST_F(Binary, LifeCycleTellsTheBest) {
  const std::string db = " --db " + Db();
  // Its first trial takes longer than that: the study is stopped behind it.
  EXPECT_EQ(Run("run " + Study("brief", "limits: {max_seconds: 1.0e-6}\n") + " --workers 1" + db).code, 0);
  const Json stopped = Json::parse(Run("stop brief --json" + db).out);
  EXPECT_EQ(stopped["state"], "STOPPED");
  EXPECT_EQ(stopped["best"]["trial"], 1);
  EXPECT_EQ(stopped, Json::parse(Run("show brief --json" + db).out));
}

TEST_F(Binary, AServerTakesNoPath) {
  const std::string file = Study("path");
  for (const char* more : {"", " --dry-run"}) {
    const Result refused =
        Run("submit " + file + " --set dataset={path:\\ " + data_.folder + "} --db " + Db() + more);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, StartsWith("--set: dataset.path: "));
  }
  EXPECT_FALSE(std::filesystem::exists(Db()));
}

TEST_F(Binary, ExitCodesOfUsage) {
  EXPECT_EQ(Run("").code, 2);
  EXPECT_EQ(Run("nonsense").code, 2);
  EXPECT_EQ(Run("run").code, 2);
  EXPECT_EQ(Run("list --db a --server b").code, 2);
  EXPECT_EQ(Run("curve x --db " + Db()).code, 1);  // no such file
  EXPECT_EQ(Run("--help").code, 0);
  EXPECT_EQ(Run("run --help").code, 0);
  EXPECT_EQ(Run("pause x --db " + Db()).code, 1);
  EXPECT_FALSE(std::filesystem::exists(Db()));
  const Result later = Run("logs a/1 --json");
  EXPECT_EQ(later.code, 2);
  EXPECT_THAT(later.err, HasSubstr("does not have 'logs' yet"));
  const Result unreached = Run("list --server 127.0.0.1:1");
  EXPECT_EQ(unreached.code, 5);
  EXPECT_THAT(unreached.err, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(Run("submit " + Study("x") + " --server 127.0.0.1:1").code, 5);
  EXPECT_EQ(Run("server --listen 0.0.0.0:0 --db " + Db()).code, 4);
  EXPECT_THAT(Run("version").out,
              testing::MatchesRegex("hpsearch [0-9.]+\nonednn [0-9.]+\nsqlite [0-9.]+\ngrpc [0-9.]+\n"));
}

TEST_F(Binary, ExitCodesOfAddressesAndFiles) {
  for (const char* verb : {"list --server lab", "list --server :7070", "pause x --server lab:70700",
                           "worker --server lab", "submit study.yaml --server unix:/tmp/x:1"}) {
    Study("study");
    const Result result = Run(verb);
    EXPECT_EQ(result.code, 2) << verb;
    EXPECT_THAT(result.err, HasSubstr("HOST:PORT is wanted")) << verb;
  }
  EXPECT_EQ(Run("server --listen nonsense --db " + Db()).code, 2);
  EXPECT_EQ(Run("dashboard --listen nonsense --db " + Db()).code, 2);
  EXPECT_EQ(Run("dashboard --db " + Db()).code, 1);
  // What a file cannot do is a failure, not a server that is not reached.
  const Result nowhere = Run("run " + Study("study") + " --db /no/such/folder/x.db");
  EXPECT_EQ(nowhere.code, 1) << nowhere.err;
  EXPECT_THAT(nowhere.err, Not(HasSubstr("server")));
  EXPECT_EQ(Run("list --db /no/such/folder/x.db").code, 1);
}

TEST_F(Binary, AResultThatIsNotWrittenIsAFailure) {
  ASSERT_EQ(Run("submit " + Study("full") + " --db " + Db()).code, 0);
  for (const std::string& verb : {std::string("version"), "list --json --db " + Db(), std::string("--help")}) {
    const int status =
        std::system((std::string(HPSEARCH_BINARY) + " " + verb + " > /dev/full 2> " + Path("err.txt")).c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << verb;
    EXPECT_THAT(ReadFile(Path("err.txt")), HasSubstr("standard output")) << verb;
  }
}

TEST_F(Binary, SubmitSaysWhatItWaitsForAndADryRunLeavesNothing) {
  const Result dry = Run("submit " + Study("quiet") + " --dry-run");
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.err, HasSubstr("would run 4 trials"));
  EXPECT_FALSE(std::filesystem::exists(Path("hpsearch.db")));
  EXPECT_FALSE(std::filesystem::exists(Path("hpsearch.db.lock")));
  const Result submitted = Run("submit quiet.yaml");
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  EXPECT_THAT(submitted.err, HasSubstr("waits in hpsearch.db"));
  EXPECT_THAT(submitted.err, HasSubstr("hpsearch server --db hpsearch.db"));
}

TEST_F(Binary, ADryRunRefusesANameThatIsTaken) {
  ASSERT_EQ(Run("submit " + Study("quiet") + " --db " + Db()).code, 0);
  const std::string other = "submit quiet.yaml --set seed=4 --db " + Db();
  const Result refused = Run(other);
  EXPECT_EQ(refused.code, 2);
  {
    const auto lock = store::FileLock::Acquire(Db());  // a server has the file
    ASSERT_TRUE(lock.ok()) << lock.status();
    const Result dry = Run(other + " --dry-run");
    EXPECT_EQ(dry.code, 2);
    EXPECT_EQ(dry.err, refused.err);
    EXPECT_THAT(dry.out, IsEmpty());
  }
  EXPECT_EQ(Run(other + " --dry-run", "HPSEARCH_DB=nowhere.db").err, refused.err);
  EXPECT_EQ(Run("submit quiet.yaml --set seed=4 --dry-run", "HPSEARCH_DB=" + Db()).err, refused.err);
  EXPECT_EQ(Run("submit quiet.yaml --dry-run --db " + Db()).out, "quiet\n");
  EXPECT_EQ(Run(other + " --dry-run --name other").out, "other\n");
  EXPECT_EQ(Run("show other --db " + Db()).code, 1);

  std::ofstream(Path("empty.db")) << "";
  EXPECT_EQ(Run("submit quiet.yaml --dry-run --db empty.db").code, 0);
  std::ofstream(Path("foreign.db")) << std::string(4096, 'x');
  const Result foreign = Run("submit quiet.yaml --dry-run --db foreign.db");
  EXPECT_EQ(foreign.code, 1);
  EXPECT_THAT(foreign.err, HasSubstr("not a hpsearch database"));
}

// Only a file that another process has is a reason to ask the server at the default address.
TEST_F(Binary, ALockedFileIsAServersAndAForeignOneIsNot) {
  const std::string file = Study("study");
  std::ofstream(Path("hpsearch.db")) << std::string(4096, 'x');
  const Result foreign = Run("submit " + file);
  EXPECT_EQ(foreign.code, 1);
  EXPECT_THAT(foreign.err, HasSubstr("not a hpsearch database"));
  EXPECT_THAT(foreign.err, Not(HasSubstr("asking the server")));

  std::filesystem::remove(Path("hpsearch.db"));
  const auto lock = store::FileLock::Acquire(Path("hpsearch.db"));
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_THAT(Run("submit " + file).err, HasSubstr("asking the server at 127.0.0.1:7070"));
  const Result named = Run("submit " + file + " --db hpsearch.db");
  EXPECT_EQ(named.code, 1);
  EXPECT_THAT(named.err, HasSubstr("--server HOST:PORT"));
}

// A signal ends `run` with 130; the same command then goes on to the same end.
TEST_F(Binary, InterruptedRunGoesOn) {
  const std::string file = Study("long", "search: {refine: {rounds: 2}}\n");
  const std::string db = " --db " + Db();
  // The signal comes at the first line of progress, which is the second of stderr at the latest.
  const std::string script = Path("interrupt.sh");
  std::ofstream(script) << "exec 3< <(exec " << HPSEARCH_BINARY << " run " << file << " --set training.epochs=400"
                        << db << " --workers 1 2>&1 >/dev/null)\nchild=$!\nread -r line <&3\nkill -INT $child\n"
                        << "cat <&3\nwait $child\nexit $?\n";
  const int status =
      std::system(("HPSEARCH_DATA=" + data_.data_path + " bash " + script + " > " + Path("said.txt")).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(ReadFile(Path("said.txt")), HasSubstr("goes on where it was"));
  EXPECT_EQ(Json::parse(Run("show long --json" + db).out)["state"], "RUNNING");
  const Result again = Run("run " + file + " --set training.epochs=400 --json" + db);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["state"], "COMPLETED");
}

TEST_F(Binary, AnUnknownWordForTheLogIsRefused) {
  EXPECT_EQ(Run("version", "HPSEARCH_LOG=debug").code, 0);
  const Result refused = Run("version", "HPSEARCH_LOG=loud");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("HPSEARCH_LOG=loud: trace, debug"));
}

}  // namespace
}  // namespace hpsearch::cli
