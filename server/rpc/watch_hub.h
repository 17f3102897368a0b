// Who watches which study. On the strand only.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/study/event.h"

namespace hpsearch::rpc {

class WatchHub {
 public:
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void OnEvent(const study::Event& event) = 0;
  };

  void Add(const std::string& study, std::shared_ptr<Watcher> watcher);
  void Remove(const std::string& study, const Watcher* watcher);
  void Notify(const study::Event& event);

 private:
  std::unordered_map<std::string, std::vector<std::shared_ptr<Watcher>>> watchers_;
};

}  // namespace hpsearch::rpc
