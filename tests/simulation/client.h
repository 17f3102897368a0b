// Clients of the study service: they create the studies, pause and resume, stop, cancel and extend them. Each
// request has its id; where no answer comes it is sent again under the same id, and now and then it is sent twice,
// or comes once more when it has long been answered.
//
// Threads: the world's. Ownership: the world's. They see the studies' states as readers of the file do: what is
// durable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/scenario.h"
#include "tests/simulation/server.h"

namespace hpsearch::simulation {

class Client {
 public:
  Client(Nature& nature, Server& server, const Scenario& scenario);

  void Start();
  // From here on nothing is asked for but what brings the studies to their ends.
  void ComeToAnEnd() { ending_ = true; }
  // All studies have ended, are extended where they are to be, and every request is answered.
  bool done() const;
  // What is missing, for people.
  std::string Waiting() const;

 private:
  using Reply = study::Coordinator::Reply<study::StudyAnswer>;
  using Ask = std::function<void(study::Coordinator&, const std::string& request_id, Reply reply)>;
  struct Study {
    StudyPlan plan;
    bool created = false, extended = false;
    bool busy = false;  // a request is under way
  };
  struct Request;

  void Visit(Study& study);
  const study::StudyRecord* RowOf(const Study& study) const;
  void Change(Study& study, study::Action action);
  void Extend(Study& study);
  // `answered` is called once, with the first answer that is no UNAVAILABLE.
  void Make(Study& study, const std::string& verb, Ask ask, std::function<void(bool)> answered);
  void Try(const std::shared_ptr<Request>& request);
  void Send(const std::shared_ptr<Request>& request);
  void Receive(const std::shared_ptr<Request>& request, const absl::Status& status);

  Nature& nature_;
  Server& server_;
  const Scenario& scenario_;
  std::vector<std::unique_ptr<Study>> studies_;
  std::int64_t requests_ = 0;
  bool ending_ = false;
};

}  // namespace hpsearch::simulation
