#include "server/dashboard/answer_cache.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace hpsearch::dashboard {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

}  // namespace

absl::StatusOr<AnswerCache::Body> AnswerCache::Answer(const std::string& target,
                                                      const std::function<absl::StatusOr<std::string>()>& make) {
  // Asked before the answer is made, so that it is at least as new as that.
  const std::optional<std::int64_t> generation = feed_.Generation();
  if (generation) {
    if (Body kept = Find(target, *generation)) return kept;
  }
  absl::StatusOr<std::string> made = make();
  if (!made.ok()) return made.status();
  auto body = std::make_shared<const std::string>(*std::move(made));
  if (generation) Keep(target, *generation, body);
  return body;
}

AnswerCache::Body AnswerCache::Find(const std::string& target, std::int64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return nullptr;
  const auto found = bodies_.find(target);
  return found == bodies_.end() ? nullptr : found->second;
}

void AnswerCache::Keep(const std::string& target, std::int64_t generation, Body body) {
  const std::size_t bytes = target.size() + body->size();
  std::unordered_map<std::string, Body> old;  // freed behind the lock
  const std::lock_guard lock(mutex_);
  if (generation < generation_) return;
  if (generation > generation_) {
    generation_ = generation;
    bytes_ = 0;
    old.swap(bodies_);
  }
  if (bytes > kMostBytes / 8 || bytes > kMostBytes - bytes_) return;
  if (bodies_.emplace(target, std::move(body)).second) bytes_ += bytes;
}

}  // namespace hpsearch::dashboard
