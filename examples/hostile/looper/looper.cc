#include <airssys/sdk/component.h>

// Never returns from its first message: fuel ends it.
class Looper : public airssys::component<Looper> {
 public:
  airssys::answer handle(airssys::message) {
    for (volatile unsigned turns = 0;; turns = turns + 1) {}
  }
};
AIRSSYS_REGISTER_COMPONENT(Looper)
