// The command line: one verb a subcommand, parsed by CLI11, and the verbs of the contract that this version does
// not have yet. One thread. Errors become exit codes: 2 for what cannot be parsed.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace hpsearch::cli {

class App {
 public:
  App();
  ~App();

  // A verb; `action` runs after its options are parsed and returns the exit code. Groups order the help.
  CLI::App& AddVerb(const std::string& group, const std::string& name, const std::string& description,
                    std::function<int()> action);
  int Run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  std::function<int()> action_;  // of the verb that was called
};

}  // namespace hpsearch::cli
