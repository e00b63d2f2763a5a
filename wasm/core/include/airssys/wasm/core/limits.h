// What one instance may use. No defaults: they stand in the manifest's schema (spec §2) and nowhere else.
#pragma once
#include <cstdint>

#include "airssys/base/time.h"

namespace airssys::wasm {

struct ResourceLimits {
  std::uint64_t memory_bytes;       // all linear memories of the instance together (R1.2)
  std::uint64_t table_elements;     // all tables together
  std::uint32_t tables;
  std::uint32_t instances;          // core instances; adapters bring some along
  std::uint32_t memories;
  std::uint64_t fuel_per_call;      // set anew before each call (R1.3)
  Duration call_timeout;            // wall clock, suspended time included (R1.4)
  std::uint64_t message_bytes;      // largest payload that it may send
};

}  // namespace airssys::wasm
