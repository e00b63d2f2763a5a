#include <airssys/sdk/component.h>

// Tries at every message to reach `report`, which its manifest does not grant.
class Intruder : public airssys::component<Intruder> {
 public:
  airssys::answer handle(airssys::message) {
    auto sent = airssys::send("report", "the 1000000\n");
    if (sent) return "reached report";
    if (!logged_) airssys::log::warn(sent.error().text(), {{"target", "report"}});
    logged_ = true;
    return airssys::failed(sent.error().text());
  }

 private:
  bool logged_ = false;
};
AIRSSYS_REGISTER_COMPONENT(Intruder)
