#include <airssys/sdk/component.h>

// Answers, but crashes on every third message.
class Third : public airssys::component<Third> {
 public:
  airssys::answer handle(airssys::message) {
    if (++handled_ % 3 == 0) __builtin_trap();
    return "message " + std::to_string(handled_);
  }

 private:
  unsigned handled_ = 0;
};
AIRSSYS_REGISTER_COMPONENT(Third)
