// What the kernel says of this process.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace airssys::bench {

inline double resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(32, ' ') >> pages;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace airssys::bench
