#include "server/dashboard/assets.h"

#include <cstddef>

// Each file stands in the binary between two symbols that embedded_assets.S defines.
#define HPSEARCH_ASSET(symbol)            \
  extern "C" const char symbol##_begin[]; \
  extern "C" const char symbol##_end[]

HPSEARCH_ASSET(asset_index_html);
HPSEARCH_ASSET(asset_dashboard_css);
HPSEARCH_ASSET(asset_main_js);
HPSEARCH_ASSET(asset_api_js);
HPSEARCH_ASSET(asset_format_js);
HPSEARCH_ASSET(asset_study_list_js);
HPSEARCH_ASSET(asset_study_data_js);
HPSEARCH_ASSET(asset_trial_table_js);
HPSEARCH_ASSET(asset_curve_chart_js);
HPSEARCH_ASSET(asset_heat_map_js);
HPSEARCH_ASSET(asset_best_chart_js);
HPSEARCH_ASSET(asset_echarts_min_js);
#undef HPSEARCH_ASSET

namespace hpsearch::dashboard {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

constexpr std::string_view kScript = "text/javascript; charset=utf-8";

}  // namespace

const Asset* FindAsset(std::string_view path) {
#define HPSEARCH_CONTENT(symbol) Between(symbol##_begin, symbol##_end)
  static const Asset assets[] = {
      {"/", "text/html; charset=utf-8", HPSEARCH_CONTENT(asset_index_html)},
      {"/dashboard.css", "text/css; charset=utf-8", HPSEARCH_CONTENT(asset_dashboard_css)},
      {"/main.js", kScript, HPSEARCH_CONTENT(asset_main_js)},
      {"/api.js", kScript, HPSEARCH_CONTENT(asset_api_js)},
      {"/format.js", kScript, HPSEARCH_CONTENT(asset_format_js)},
      {"/study_list.js", kScript, HPSEARCH_CONTENT(asset_study_list_js)},
      {"/study_data.js", kScript, HPSEARCH_CONTENT(asset_study_data_js)},
      {"/trial_table.js", kScript, HPSEARCH_CONTENT(asset_trial_table_js)},
      {"/curve_chart.js", kScript, HPSEARCH_CONTENT(asset_curve_chart_js)},
      {"/heat_map.js", kScript, HPSEARCH_CONTENT(asset_heat_map_js)},
      {"/best_chart.js", kScript, HPSEARCH_CONTENT(asset_best_chart_js)},
      {"/echarts.min.js", kScript, HPSEARCH_CONTENT(asset_echarts_min_js)},
  };
#undef HPSEARCH_CONTENT
  for (const Asset& asset : assets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace hpsearch::dashboard
