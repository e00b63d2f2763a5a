// What the kernel says of this process.
#pragma once
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>

#include "airssys/base/time.h"

namespace airssys::bench {

inline double resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(32, ' ') >> pages;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// What its threads have run so far: where one thread does all the work, other programs do not lengthen it.
inline Duration cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace airssys::bench
