// The id that a change asks for itself under: the server carries it out once, however often it hears of it.
#pragma once

#include <string>

namespace hpsearch::client {

// Random: 32 hexadecimal digits. Any thread.
std::string NewRequestId();

}  // namespace hpsearch::client
