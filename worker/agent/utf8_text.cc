#include "worker/agent/utf8_text.h"

#include <boost/locale/utf.hpp>

namespace hpsearch::agent {

std::string Utf8Text(const std::string& text) {
  namespace utf = boost::locale::utf;
  std::string valid;
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = at;
    const utf::code_point point = utf::utf_traits<char>::decode(at, text.end());
    if (point != utf::illegal && point != utf::incomplete) {
      valid.append(begin, at);
    } else {
      valid += "\xEF\xBF\xBD";
      at = begin + 1;
    }
  }
  return valid;
}

}  // namespace hpsearch::agent
