// A supervisor with a few children, for the tests of supervision.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "world.h"

namespace airssys::rt {

using Lines = std::vector<std::string>;

// Puppets by name, under supervisors of a simulated world.
struct Family {
  explicit Family(SupervisorOptions options, SystemLimits limits = {}) : world(1, limits) {
    if (options.name.empty()) options.name = "s";
    auto made = world.system.spawn_supervisor(std::move(options));
    EXPECT_TRUE(made);
    node = *made;
    world.events.lines.clear();
  }
  // Below `above`, or below the family's own supervisor.
  Address<Act>& add(std::string name, SpawnOptions options = {}) { return add_to(node, std::move(name), std::move(options)); }
  Address<Act>& add_to(Supervisor& above, std::string name, SpawnOptions options = {}) {
    Strings& strings = world.strings();
    pulled.emplace(name, &strings);
    options.name = name;
    auto made = above.spawn(std::move(options), world.puppet(strings));
    EXPECT_TRUE(made) << made.error().message();
    return address[name] = *made;
  }
  // One that has started.
  Address<Act>& start(std::string name, SpawnOptions options = {}) {
    Address<Act>& made = add(std::move(name), std::move(options));
    world.settle();
    return made;
  }
  Strings& strings(const std::string& name) { return *pulled.at(name); }
  int made(const std::string& name) const { return pulled.at(name)->made; }
  void tell(const std::string& name, Act act) { EXPECT_TRUE(address.at(name).send(std::move(act))); }
  // What the observers saw since the last call.
  Lines lines() { return std::exchange(world.events.lines, {}); }

  World world;
  Supervisor node = world.system.root();
  std::map<std::string, Strings*> pulled;
  std::map<std::string, Address<Act>> address;
};

inline Act parks(Waker& waker) {
  return [&waker](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
}
inline Act exits() {
  return [](Context& context) -> Result<Turn> {
    context.stop();
    return Turn::done;
  };
}

}  // namespace airssys::rt
