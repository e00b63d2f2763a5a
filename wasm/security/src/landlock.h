// Files and ports that this process may still use. The kernel's own header is younger than the oldest one that we are built
// with, so the values stand here (linux/landlock.h of Linux 6.15).
#pragma once
#include "airssys/base/result.h"
#include "airssys/wasm/security/process_wall.h"

namespace airssys::wasm {

// Its version; 0: the kernel has none, or it is switched off.
[[nodiscard]] int landlock_version() noexcept;
// Of this thread, and of all that it starts from now on.
[[nodiscard]] Result<> confine_by_landlock(const ProcessWall& wall, int version);

}  // namespace airssys::wasm
