// A second wall, around the whole process: what the host itself never needs, the kernel refuses from now on, to all its threads
// and to every program that it starts. Should a guest ever get out of its sandbox, it is in this one (docs/security.md).
//
//   files      Landlock: only those below the given folders, and what a program needs to be loaded
//   network    seccomp, and Landlock from its version 4 on: no socket is made, of whatever family, and no connection, to other
//              programs of the machine neither (the agent of somebody's keys); what listens already takes connections
//   calls      seccomp: mounting, tracing other processes, loading modules, namespaces, clocks, keys and the like answer EPERM
//
// Raised once, before other threads exist (each thread has its own Landlock domain, and new ones inherit it): before
// Host::create. It cannot be lowered. It never asks for rights; where the kernel lacks a part, the report says so in words and
// the other stands. Linux only: elsewhere the report says that there is none.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "airssys/base/result.h"

namespace airssys::wasm {

// Files, or folders with all below them. What does not exist is left out.
struct ProcessWall {
  std::vector<std::filesystem::path> read;
  std::vector<std::filesystem::path> write;  // also read, create, rename and remove
  std::vector<std::filesystem::path> execute;  // also read
  bool network = false;  // leave it open
};

struct WallReport {
  int landlock = 0;  // its version; 0: files are not walled off
  bool network = false;  // walled off
  bool calls = false;  // walled off
  // What the kernel lacks, a sentence each: what is not guarded, why, what to do.
  std::vector<std::string> missing = {};
};

// io: the kernel refused for a reason that is no lack of its own; unavailable: other threads run already.
[[nodiscard]] Result<WallReport> raise_process_wall(const ProcessWall& wall);

}  // namespace airssys::wasm
