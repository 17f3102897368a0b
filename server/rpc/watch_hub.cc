#include "server/rpc/watch_hub.h"

#include <utility>

namespace hpsearch::rpc {

void WatchHub::Add(const std::string& study, std::shared_ptr<Watcher> watcher) {
  watchers_[study].push_back(std::move(watcher));
}

void WatchHub::Remove(const std::string& study, const Watcher* watcher) {
  const auto found = watchers_.find(study);
  if (found == watchers_.end()) return;
  std::erase_if(found->second, [&](const std::shared_ptr<Watcher>& each) { return each.get() == watcher; });
  if (found->second.empty()) watchers_.erase(found);
}

void WatchHub::Notify(const study::Event& event) {
  const auto found = watchers_.find(event.study);
  if (found == watchers_.end()) return;
  const std::vector<std::shared_ptr<Watcher>> watchers = found->second;  // one may leave on hearing it
  for (const std::shared_ptr<Watcher>& watcher : watchers) watcher->OnEvent(event);
}

}  // namespace hpsearch::rpc
