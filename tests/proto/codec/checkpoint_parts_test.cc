#include "proto/codec/checkpoint_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace hpsearch::codec {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMost = 1 << 20;

// Two chunks and a half.
std::string Content() {
  std::string content;
  for (std::size_t i = 0; i < 2 * kCheckpointChunk + kCheckpointChunk / 2; ++i)
    content += static_cast<char>(i * 31 >> 3);
  return content;
}

v1::CheckpointHeader HeaderOf(const std::string& content) {
  Checksum checksum;
  checksum.Append(content);
  v1::CheckpointHeader header;
  header.set_key(std::string(32, 'a'));
  header.set_bytes(static_cast<std::int64_t>(content.size()));
  header.set_checksum(checksum.value());
  return header;
}

std::vector<v1::CheckpointChunk> ChunksOf(const std::string& content) {
  std::vector<v1::CheckpointChunk> chunks;
  for (std::size_t at = 0; at < content.size(); at += kCheckpointChunk) {
    FillChunk(static_cast<std::int64_t>(at), content.substr(at, kCheckpointChunk), &chunks.emplace_back());
  }
  return chunks;
}

absl::Status TakeAll(const v1::CheckpointHeader& header, const std::vector<v1::CheckpointChunk>& chunks) {
  absl::StatusOr<ArrivingCheckpoint> arriving = ArrivingCheckpoint::Begin(header, kMost);
  if (!arriving.ok()) return arriving.status();
  for (const v1::CheckpointChunk& chunk : chunks) {
    if (absl::Status status = arriving->Take(chunk); !status.ok()) return status;
  }
  return arriving->Finish();
}

TEST(CheckpointParts, WhatIsSentInOrderArrives) {
  const std::string content = Content();
  EXPECT_EQ(ChunksOf(content).size(), 3U);
  EXPECT_TRUE(TakeAll(HeaderOf(content), ChunksOf(content)).ok());
  EXPECT_TRUE(TakeAll(HeaderOf("x"), ChunksOf("x")).ok());
}

TEST(CheckpointParts, ThePartsSumUpToTheWhole) {
  Checksum parts;
  Checksum whole;
  const std::string content = Content();
  for (const v1::CheckpointChunk& chunk : ChunksOf(content)) parts.Append(chunk.data());
  whole.Append(content);
  EXPECT_EQ(parts.value(), whole.value());
}

TEST(CheckpointParts, NoOtherPartsAreTaken) {
  const std::string content = Content();
  const v1::CheckpointHeader header = HeaderOf(content);
  const auto refused = [&](const std::vector<v1::CheckpointChunk>& chunks, const std::string& why) {
    const absl::Status status = TakeAll(header, chunks);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  };
  std::vector<v1::CheckpointChunk> chunks = ChunksOf(content);
  (*chunks[1].mutable_data())[7] ^= 1;  // a flipped bit
  refused(chunks, "chunk.checksum");
  chunks = ChunksOf(content);
  std::swap(chunks[0], chunks[1]);
  refused(chunks, "chunk.offset: 262144; 0 is wanted");
  chunks = ChunksOf(content);
  chunks.pop_back();  // cut short
  refused(chunks, "it ends behind 524288 of 655360 bytes");
  chunks = ChunksOf(content);
  chunks.push_back(chunks.back());  // more than there are
  refused(chunks, "chunk.offset");
  chunks = ChunksOf(content);
  chunks[0].set_offset(std::numeric_limits<std::int64_t>::max());
  refused(chunks, "chunk.offset");
  chunks = ChunksOf(content);
  FillChunk(0, chunks[0].data() + "x", &chunks[0]);  // longer than a chunk is
  refused(chunks, "chunk.data: 262145 bytes; 262144 are wanted");
  chunks = ChunksOf(content);
  FillChunk(0, "", &chunks[0]);
  refused(chunks, "chunk.data: 0 bytes");
  // Each chunk is sound, and the whole is another.
  std::string other = content;
  other[kCheckpointChunk] ^= 1;
  refused(ChunksOf(other), "header.checksum");
}

TEST(CheckpointParts, AHeaderIsBoundedBeforeAnythingIsMadeForIt) {
  const auto refused = [](const v1::CheckpointHeader& header) {
    return absl::IsInvalidArgument(ArrivingCheckpoint::Begin(header, kMost).status());
  };
  const v1::CheckpointHeader good = HeaderOf("x");
  EXPECT_FALSE(refused(good));
  for (const std::int64_t bytes : {std::int64_t{0}, std::int64_t{-1}, kMost + 1, std::int64_t{1} << 62}) {
    v1::CheckpointHeader header = good;
    header.set_bytes(bytes);
    EXPECT_TRUE(refused(header)) << bytes;
  }
  for (const std::string& key : {std::string(), std::string(31, 'a'), std::string(33, 'a'), std::string(32, '/'),
                                 "../" + std::string(29, 'a'), std::string(32, 'A')}) {
    v1::CheckpointHeader header = good;
    header.set_key(key);
    EXPECT_TRUE(refused(header)) << key;
  }
  v1::CheckpointHeader header = good;
  header.set_epochs(-1);
  EXPECT_TRUE(refused(header));
  header = good;
  header.set_steps(-1);
  EXPECT_TRUE(refused(header));
}

}  // namespace
}  // namespace hpsearch::codec
