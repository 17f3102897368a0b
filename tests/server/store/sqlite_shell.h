// The sqlite3 program as an oracle: what anyone else reads in the file.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace hpsearch::testing {

// What `sqlite3 FILE` prints of a script of SQL; columns are parted by "|". With `write` it may change the file;
// with `fails` it is meant to refuse.
inline std::string SqliteShell(const std::string& file, const std::string& sql, bool write = false,
                               bool fails = false) {
  const std::string command = std::string("sqlite3 ") + (write ? "" : "-readonly ") + "'" + file +
                              "' <<'END_OF_SQL' 2>&1\n" + sql + "\nEND_OF_SQL\n";
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) {
    ADD_FAILURE() << "sqlite3 cannot be run";
    return "";
  }
  std::string output;
  std::array<char, 4096> buffer;
  for (size_t size; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), size);
  EXPECT_EQ(pclose(pipe) != 0, fails) << output;
  return output;
}

}  // namespace hpsearch::testing
