// This machine's name, of which workers make theirs. Any thread; "localhost" where it has none.
#pragma once

#include <string>

namespace hpsearch::cli {

std::string HostName();

}  // namespace hpsearch::cli
