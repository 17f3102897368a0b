// Text for a message. A proto3 string that is not UTF-8 ends the session it is sent on, and paths are any bytes.
// Pure; no errors.
#pragma once

#include <string>

namespace hpsearch::agent {

// The text itself where it is UTF-8; else with U+FFFD for each byte that is part of no character.
std::string Utf8Text(const std::string& text);

}  // namespace hpsearch::agent
