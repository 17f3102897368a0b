#include "worker/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

#include "tests/worker/data/npy_files.h"
#include "worker/data/npy_header.h"

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kMost = 1 << 20;

class NpyTest : public ::testing::Test {
 protected:
  absl::StatusOr<NpyFeatures> Features(const Bytes& bytes, std::uint64_t most = kMost) {
    WriteBytes(path_, bytes);
    return ReadNpyFeatures(path_, most);
  }
  absl::StatusOr<std::vector<std::uint8_t>> Labels(const Bytes& bytes) {
    absl::StatusOr<NpyTargets> targets = Targets(bytes);
    if (!targets.ok()) return targets.status();
    EXPECT_TRUE(targets->values.empty());
    return targets->labels;
  }
  absl::StatusOr<NpyTargets> Targets(const Bytes& bytes) {
    WriteBytes(path_, bytes);
    return ReadNpyTargets(path_, kMost);
  }
  template <typename Result>
  std::string Fault(const Result& result) {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss) << result.status();
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(path_ + ": "));
    return std::string(result.status().message()).substr(path_.size() + 2);
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "x.npy";
};

TEST_F(NpyTest, ReadsWhatNumpyWrote) {
  // numpy 1.24.2: numpy.save(.., numpy.array([[1.5, -2, 3e-3], [4, 5, 6]], dtype='<f4'))
  std::string numpy("\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 69);
  numpy += std::string(127 - numpy.size(), ' ') + "\n";
  Bytes bytes(numpy.begin(), numpy.end());
  for (const int byte : {0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00, 0x00, 0xc0, 0xa6, 0x9b, 0x44, 0x3b,
                         0x00, 0x00, 0x80, 0x40, 0x00, 0x00, 0xa0, 0x40, 0x00, 0x00, 0xc0, 0x40}) {
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  for (const Bytes& file : {bytes, Gzip(bytes)}) {
    const auto features = Features(file);
    ASSERT_TRUE(features.ok()) << features.status();
    EXPECT_THAT(features->sizes, ElementsAre(2, 3));
    EXPECT_THAT(features->values, ElementsAre(1.5F, -2, 3e-3F, 4, 5, 6));
    EXPECT_TRUE(features->bytes.empty());
  }
}

TEST_F(NpyTest, ReadsEachTypeOfFeatures) {
  const auto bytes = Features(NpyBytes("'|u1'", "(2, 1, 3)", {1, 2, 3, 4, 5, 255}));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_THAT(bytes->bytes, ElementsAre(1, 2, 3, 4, 5, 255));
  EXPECT_THAT(bytes->sizes, ElementsAre(2, 1, 3));
  const auto doubles = Features(NpyBytes("'<f8'", "(2, 1)", BytesOf<double>({0.1, -1e-300})));
  ASSERT_TRUE(doubles.ok()) << doubles.status();
  EXPECT_THAT(doubles->values, ElementsAre(0.1F, 0.0F));
}

TEST_F(NpyTest, ReadsEachTypeOfLabels) {
  EXPECT_THAT(*Labels(NpyBytes("'|u1'", "(3,)", {0, 7, 255})), ElementsAre(0, 7, 255));
  EXPECT_THAT(*Labels(NpyBytes("'<i4'", "(3,)", BytesOf<std::int32_t>({0, 7, 255}))), ElementsAre(0, 7, 255));
  EXPECT_THAT(*Labels(NpyBytes("'<i8'", "(3, 1)", BytesOf<std::int64_t>({0, 7, 255}))), ElementsAre(0, 7, 255));
  EXPECT_THAT(Fault(Labels(NpyBytes("'<i8'", "(2,)", BytesOf<std::int64_t>({0, 256})))),
              HasSubstr("row 1 has label 256; labels are 0 to 255"));
  EXPECT_THAT(Fault(Labels(NpyBytes("'<i4'", "(2,)", BytesOf<std::int32_t>({-1, 0})))),
              HasSubstr("row 0 has label -1"));
  EXPECT_THAT(Fault(Labels(NpyBytes("'<i8'", "(2, 10)", BytesOf<std::int64_t>({0})))), HasSubstr("argmax"));
  EXPECT_THAT(Fault(Labels(NpyBytes("'<i2'", "(1,)", {1, 0}))), HasSubstr("numbers of '<f4' or '<f8', for a"));
}

TEST_F(NpyTest, FloatsAreTargets) {
  const auto floats = Targets(NpyBytes("'<f4'", "(2,)", BytesOf<float>({0.5F, -3})));
  ASSERT_TRUE(floats.ok()) << floats.status();
  EXPECT_THAT(floats->values, ElementsAre(0.5F, -3));
  EXPECT_TRUE(floats->labels.empty());
  EXPECT_EQ(floats->rows(), 2);
  EXPECT_THAT(Targets(NpyBytes("'<f8'", "(2, 1)", BytesOf<double>({0.1, 7})))->values, ElementsAre(0.1F, 7));
  EXPECT_THAT(Fault(Targets(NpyBytes("'<f8'", "(2,)", BytesOf<double>({1, -1e200})))),
              HasSubstr("row 1: target 0 is -1e+200; finite numbers"));
}

TEST_F(NpyTest, SaysWhatWouldBeRight) {
  const auto fault = [&](const Bytes& bytes) { return Fault(Features(bytes)); };
  const Bytes four = BytesOf<float>({1, 2, 3, 4});
  EXPECT_THAT(fault(NpyBytes("'>f4'", "(2, 2)", four)), HasSubstr("big-endian elements ('>f4'); little-endian"));
  EXPECT_THAT(fault(NpyBytes("'<f4'", "(2, 2)", four, "True")), HasSubstr("numpy.ascontiguousarray(x)"));
  EXPECT_THAT(fault(NpyBytes("'<i8'", "(2, 2)", four)), HasSubstr("type '<i8'; wanted are features of '|u1'"));
  EXPECT_THAT(fault(NpyBytes("'|O'", "(2, 2)", four)), HasSubstr("type '|O'"));
  EXPECT_THAT(fault(NpyBytes("[('a', '<f4')]", "(4,)", four)), HasSubstr("names no single type"));
  EXPECT_THAT(fault(NpyBytes("'<f4'", "(4,)", four)), HasSubstr("x.reshape(-1, 1)"));
  EXPECT_THAT(fault(NpyBytes("'<f4'", "()", four)), HasSubstr("holds 0 axes"));
  EXPECT_THAT(fault(NpyBytes("'<f4'", "(2, 0)", {})), HasSubstr("0 for axis 1"));
  EXPECT_THAT(fault({'a', 'b'}), HasSubstr("numpy.save makes one"));
}

TEST_F(NpyTest, NamesTheRowThatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Fault(Features(NpyBytes("'<f4'", "(2, 2)", BytesOf<float>({1, 2, 3, nan})))),
              HasSubstr("row 1: feature 1 is nan; finite numbers"));
  EXPECT_THAT(Fault(Features(NpyBytes("'<f8'", "(2, 1)", BytesOf<double>({1, 1e300})))),
              HasSubstr("row 1: feature 0 is 1e+300"));
}

TEST_F(NpyTest, AClaimIsNotBelieved) {
  EXPECT_THAT(Fault(Features(NpyBytes("'<f4'", "(1000000000000, 1000000000000)", BytesOf<float>({1})))),
              HasSubstr("is cut short"));
  EXPECT_THAT(Fault(Features(NpyBytes("'<f4'", "(2, 2)", BytesOf<float>({1, 2, 3})))), HasSubstr("is cut short"));
  EXPECT_THAT(Fault(Features(NpyBytes("'<f4'", "(1, 2)", BytesOf<float>({1, 2, 3})))), HasSubstr("more follow"));
  EXPECT_THAT(Fault(Features(Gzip(NpyBytes("'|u1'", "(9, 9)", Bytes(80))))), HasSubstr("80 follow"));
  EXPECT_EQ(Features(NpyBytes("'|u1'", "(9, 9)", Bytes(81)), 80).status().code(),
            absl::StatusCode::kResourceExhausted);
  Bytes header = NpyBytes("'<f4'", "(2, 2)", {});
  header[6] = 2;  // four bytes of size, 0x2800.. of them the header's own
  EXPECT_THAT(Fault(Features(header)), HasSubstr("claims a header of"));
}

TEST(NpyHeaderTest, TakesThePythonsOfTheWorld) {
  const auto header = ParseNpyHeader("{\"shape\":(3L,4L),'fortran_order':True,\n 'descr':'<f8'}   \n");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_THAT(header->shape, ElementsAre(3, 4));
  EXPECT_TRUE(header->fortran_order);
  EXPECT_EQ(header->descr, "<f8");
}

TEST(NpyHeaderTest, RefusesWhatIsNone) {
  for (const char* text : {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1}",
                           "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"}) {
    EXPECT_EQ(ParseNpyHeader(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(NpyPropertyTest, DamagedFilesNeitherCrashNorFillTheMemory) {
  TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  const Bytes plain = NpyBytes("'<f4'", "(3, 2)", BytesOf<float>({1, 2, 3, 4, 5, 6}));
  const Bytes packed = Gzip(plain);
  EXPECT_TRUE(rc::check([&] {
    Bytes damaged = *rc::gen::element(plain, packed);
    damaged.resize(*rc::gen::inRange<std::size_t>(0, damaged.size() + 1));
    for (int flips = *rc::gen::inRange(0, 4); flips > 0 && !damaged.empty(); --flips) {
      damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] ^= *rc::gen::inRange(1, 256);
    }
    WriteBytes(path, damaged);
    const auto features = ReadNpyFeatures(path, kMost);
    if (!features.ok()) return;
    std::int64_t elements = 1;
    for (const std::int64_t size : features->sizes) elements *= size;
    RC_ASSERT(static_cast<std::int64_t>(features->bytes.size() + features->values.size()) == elements);
    for (const float value : features->values) RC_ASSERT(std::isfinite(value));
  }));
}

}  // namespace
}  // namespace hpsearch::data
