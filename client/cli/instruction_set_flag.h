// --instruction-set, as `worker` and `bench trainer` take it. Called as the command line is made; no errors.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "server/model/training_rules.h"

namespace hpsearch::cli {

// `set` holds the default, and what was asked for once the line is parsed: one of the names.
inline void AddInstructionSetFlag(CLI::App& verb, std::string& set) {
  verb.add_option("--instruction-set", set,
                  "What oneDNN's kernels are held to, so that machines agree in their bits")
      ->check(CLI::IsMember(model::InstructionSetNames()))
      ->capture_default_str();
}

}  // namespace hpsearch::cli
