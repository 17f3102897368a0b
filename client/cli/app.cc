#include "client/cli/app.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string_view>
#include <utility>

#include "client/cli/exit_code.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

// Verbs of the contract that a later version has. The one place that knows them.
constexpr std::pair<const char*, const char*> kLaterVerbs[] = {
    {"logs", "What a trial's worker said"},
    {"delete", "Removes a study or a trial"},
    {"export-model", "A trial's network and weights"},
    {"plot-model", "Draws the network"},
    {"token", "Makes a token"},
    {"completion", "Completions for bash, zsh and fish"},
};

// A result that did not get out, for a full disk say, is none.
int Written(int code) {
  const bool written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written) return code;
  fmt::print(stderr, "hpsearch: standard output could not be written: {}\n", std::strerror(errno));
  return code == kDone ? static_cast<int>(kFailed) : code;
}

}  // namespace

App::App() : app_(std::make_unique<CLI::App>("Searches hyperparameters of neural networks.", "hpsearch")) {
  app_->require_subcommand(1);
  app_->set_version_flag("--version", std::string("hpsearch ") + HPSEARCH_VERSION);
  app_->get_formatter()->column_width(22);
  AddAllVerbs(*this);
  for (const auto& [name, description] : kLaterVerbs) {
    AddVerb("Not in this version", name, description, [name = std::string(name)] {
      fmt::print(stderr, "hpsearch: this version does not have '{}' yet\n", name);
      return static_cast<int>(kUsage);
    }).allow_extras();
  }
}

App::~App() = default;

CLI::App& App::AddVerb(const std::string& group, const std::string& name, const std::string& description,
                       std::function<int()> action) {
  CLI::App* verb = app_->add_subcommand(name, description)->group(group);
  verb->final_callback([this, action = std::move(action)] { action_ = action; });
  return *verb;
}

int App::Run(int argc, char** argv) {
  // stdout is for results.
  spdlog::set_default_logger(spdlog::stderr_color_mt(
      "hpsearch", HasColour(stderr) ? spdlog::color_mode::always : spdlog::color_mode::never));
  spdlog::set_pattern("hpsearch: %^%l%$: %v");
  const char* const name = std::getenv("HPSEARCH_LOG");
  const spdlog::level::level_enum level = name == nullptr ? spdlog::level::warn : spdlog::level::from_str(name);
  // Which is what spdlog makes of a word that it does not know.
  if (level == spdlog::level::off && std::string_view(name) != "off") {
    fmt::print(stderr, "hpsearch: HPSEARCH_LOG={}: trace, debug, info, warn, error, critical or off is wanted\n",
               name);
    return kUsage;
  }
  spdlog::set_level(level);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Written(app_->exit(error) == 0 ? kDone : kUsage);
  }
  try {
    return Written(action_());
  } catch (const std::exception& error) {
    fmt::print(stderr, "hpsearch: {}\n", error.what());
    return kFailed;
  }
}

}  // namespace hpsearch::cli
