#include "pool_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace airssys::wasm {
namespace {

constexpr std::uint64_t usual_max_map_count = 65'530;
// For the rest of the process: threads, heap, code of components, files.
constexpr std::uint64_t rest_of_process = 768;
// A memory splits the pool's reserved range into what it uses and what it does not; an image in it adds itself and a rest.
constexpr std::uint64_t mappings_per_instance = 2, mappings_with_image = 4;
constexpr std::uint64_t mappings_per_fiber = 2;  // the stack and its guard page
constexpr std::uint64_t mappings_of_pools = 8;   // ranges of memories, tables and stacks; full compact slots are one range

std::uint64_t needed(const WasmtimeConfig& config, std::uint64_t per_instance) {
  const std::uint64_t fibers = std::uint64_t{config.max_fibers} + (config.max_compact_instances ? config.max_compact_fibers : 0);
  return config.max_instances * per_instance + fibers * mappings_per_fiber + mappings_of_pools + rest_of_process;
}

}  // namespace

KernelLimits kernel_limits() {
  KernelLimits limits{.max_mappings = usual_max_map_count, .mappings = 0};
  std::ifstream("/proc/sys/vm/max_map_count") >> limits.max_mappings;
  std::ifstream maps("/proc/self/maps", std::ios::binary);
  const auto lines = std::count(std::istreambuf_iterator<char>(maps), {}, '\n');
  limits.mappings = static_cast<std::uint64_t>(lines);
  return limits;
}

Result<PoolPlan> plan_pools(const WasmtimeConfig& config, const KernelLimits& kernel) {
  const std::uint64_t least = needed(config, mappings_per_instance) + kernel.mappings;
  if (least > kernel.max_mappings)
    return fail(Code::exhausted,
                fmt::format("the kernel lets a process have {} memory mappings; max_instances = {} and max_fibers = {} need {}: "
                            "set `sysctl -w vm.max_map_count={}`, or lower max_instances or max_fibers",
                            kernel.max_mappings, config.max_instances,
                            config.max_fibers + (config.max_compact_instances ? config.max_compact_fibers : 0), least, least));
  return PoolPlan{.copy_on_write = needed(config, mappings_with_image) + kernel.mappings <= kernel.max_mappings};
}

}  // namespace airssys::wasm
