#include "server/dashboard/assets.h"

#include <cstddef>

// Each file stands in the binary between two symbols of embedded_assets.S; embedded_assets.inc names them, with
// path and content type. Both are made of the list in CMakeLists.txt.
#define HPSEARCH_ASSET(symbol, path, content_type) \
  extern "C" const char symbol##_begin[];          \
  extern "C" const char symbol##_end[];
#include "embedded_assets.inc"
#undef HPSEARCH_ASSET

namespace hpsearch::dashboard {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

const Asset* FindAsset(std::string_view path) {
#define HPSEARCH_ASSET(symbol, path, content_type) {path, content_type, Between(symbol##_begin, symbol##_end)},
  static const Asset assets[] = {
#include "embedded_assets.inc"
  };
#undef HPSEARCH_ASSET
  for (const Asset& asset : assets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace hpsearch::dashboard
