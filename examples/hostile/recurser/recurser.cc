#include <airssys/sdk/component.h>

namespace {

// Unknown to the compiler, so that it cannot prove the recursion endless.
volatile std::uint32_t bottom = 0xFFFFFFFF;

// Keeps its frame in WebAssembly locals, which live on the host's guarded stack: what runs out is that stack, not the 64 KiB
// of linear memory that hold addressed variables. The subtraction after the call keeps it from becoming a loop.
[[gnu::noinline]] std::uint32_t descend(std::uint32_t depth) {
  if (depth == bottom) return depth;
  const std::uint32_t below = descend(depth + 1);
  return (below >> 1) - depth;
}

}  // namespace

// Calls itself without end: the stack limit ends it.
class Recurser : public airssys::component<Recurser> {
 public:
  airssys::answer handle(airssys::message) { return std::to_string(descend(0)); }
};
AIRSSYS_REGISTER_COMPONENT(Recurser)
