#include "tests/simulation/trouble.h"

#include <utility>

namespace hpsearch::simulation {

Trouble::Trouble(Nature& nature, Server& server, Fleet& fleet, const Scenario& scenario)
    : nature_(nature), server_(server), fleet_(fleet), faults_(scenario.faults) {}

void Trouble::Every(double seconds, std::function<void()> fault) {
  if (seconds <= 0) return;
  nature_.After(nature_.dice.Wait(seconds * 1e6), [this, seconds, fault = std::move(fault)] {
    if (over_) return;
    fault();
    Every(seconds, fault);
  });
}

void Trouble::For(double seconds, const std::function<void(bool on)>& fault) {
  fault(true);
  nature_.After(nature_.dice.Wait(seconds * 1e6), [fault] { fault(false); });
}

void Trouble::Begin() {
  WorkersTrouble();
  ServersTrouble();
  DisksTrouble();
  // Mostly a little, as a drifting clock is set; now and then by hours.
  Every(faults_.clock_set, [this] {
    const auto by = static_cast<Micros>(nature_.dice.Magnitude(0.1, 10'000) * 1e6);
    nature_.SetWall(nature_.dice.Chance(0.5) ? by : -by);
    nature_.Log("the wall clock is set by up to {} s", by / kSecond);
  });
}

void Trouble::WorkersTrouble() {
  const auto one = [this](void (*fault)(Worker&, Dice&, Micros)) {
    return [this, fault] {
      if (const auto worker = fleet_.Any()) fault(*worker, nature_.dice, nature_.now());
      // Whatever has ended by then is begun anew.
      nature_.After(nature_.dice.Wait(2e6), [this] { fleet_.StartAll(); });
    };
  };
  Every(faults_.workers_killed, one([](Worker& worker, Dice&, Micros) { worker.Kill(); }));
  Every(faults_.workers_stopped, one([](Worker& worker, Dice& dice, Micros now) {
          worker.Stop(now + static_cast<Micros>(dice.Magnitude(0.1, 40) * 1e6));
        }));
  Every(faults_.workers_drained,
        one([](Worker& worker, Dice& dice, Micros) { dice.Chance(0.5) ? worker.Drain() : worker.Terminate(); }));
  Every(faults_.connections_cut, one([](Worker& worker, Dice&, Micros) { worker.Disconnect(); }));
  Every(faults_.names_taken, [this] { fleet_.TakeName(); });
  Every(faults_.partitions,
        [this] { fleet_.CutOff(nature_.now() + static_cast<Micros>(nature_.dice.Magnitude(0.2, 40) * 1e6)); });
}

void Trouble::ServersTrouble() {
  const auto back = [this] { nature_.After(nature_.dice.Wait(3e6), [this] { server_.Start(); }); };
  Every(faults_.server_killed, [this, back] {
    server_.Kill();
    back();
  });
  Every(faults_.server_ended, [this, back] {
    server_.End();
    back();
  });
  Every(faults_.server_stopped,
        [this] { server_.Stop(nature_.now() + static_cast<Micros>(nature_.dice.Magnitude(0.1, 20) * 1e6)); });
}

void Trouble::DisksTrouble() {
  Disk& disk = server_.disk();
  Every(faults_.commits_fail, [this, &disk] {
    if (nature_.dice.Chance(0.5)) return disk.FailOnce();
    For(2, [&disk](bool on) { disk.SetFull(on); });
  });
  Every(faults_.reads_fail, [this, &disk] {
    For(1, [this, &disk](bool on) {
      nature_.Log("disk: {}", on ? "cannot be read" : "can be read");
      disk.SetUnreadable(on);
      if (!on) server_.Start();  // it may have found nothing to begin with
    });
  });
  Every(faults_.disk_stalls,
        [this, &disk] { disk.Stall(nature_.now() + static_cast<Micros>(nature_.dice.Magnitude(0.1, 10) * 1e6)); });
}

void Trouble::Over() {
  over_ = true;
  server_.disk().SetFull(false);
  server_.disk().SetUnreadable(false);
  server_.Start();
  fleet_.StartAll();
}

}  // namespace hpsearch::simulation
