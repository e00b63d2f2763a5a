#include <airssys/sdk/component.h>

#include <vector>

// Takes memory, and touches it, until there is no more: `new` fails, which ends a C++ program without exceptions.
class Bomber : public airssys::component<Bomber> {
 public:
  airssys::answer handle(airssys::message) {
    constexpr std::size_t block = 64 * 1024;
    constexpr std::size_t page = 4 * 1024;
    for (;;) {
      auto* memory = new volatile std::uint8_t[block];
      for (std::size_t at = 0; at < block; at += page) memory[at] = 1;
      taken_.push_back(memory);
    }
  }

 private:
  std::vector<volatile std::uint8_t*> taken_;
};
AIRSSYS_REGISTER_COMPONENT(Bomber)
