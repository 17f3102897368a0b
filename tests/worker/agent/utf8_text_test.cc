#include "worker/agent/utf8_text.h"

#include <gtest/gtest.h>

namespace hpsearch::agent {
namespace {

TEST(Utf8TextTest, LeavesTextAsItIs) {
  for (const std::string& text :
       {std::string(), std::string("caf\xc3\xa9 \xe6\x95\xb0 \xf0\x9f\x90\x88\n"), std::string("nul\0nul", 7)}) {
    EXPECT_EQ(Utf8Text(text), text);
  }
}

TEST(Utf8TextTest, ReplacesEachByteThatIsPartOfNoCharacter) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(Utf8Text("a\xe9z"), "a" + bad + "z");         // Latin-1
  EXPECT_EQ(Utf8Text("a\xe6\x95"), "a" + bad + bad);      // cut within a character
  EXPECT_EQ(Utf8Text("\xc0\xaf"), bad + bad);             // longer than it needs to be
  EXPECT_EQ(Utf8Text("\xed\xa0\x80"), bad + bad + bad);   // a surrogate
  EXPECT_EQ(Utf8Text("\xff\xc3\xa9"), bad + "\xc3\xa9");  // and goes on behind it
}

}  // namespace
}  // namespace hpsearch::agent
