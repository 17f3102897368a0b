// The files of the page, built into the binary. Immutable; any thread.
#pragma once

#include <string_view>

namespace hpsearch::dashboard {

struct Asset {
  std::string_view path;  // of the URL: "/", "/main.js"
  std::string_view content_type;
  std::string_view gzip;  // the content, compressed at build time
};

// nullptr: there is none of that path.
const Asset* FindAsset(std::string_view path);

}  // namespace hpsearch::dashboard
