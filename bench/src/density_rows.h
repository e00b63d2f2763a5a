// What thousands of live instances cost, in one of the two classes: resident bytes and kernel mappings of each, how fast they
// start, and a message to each in turn, when no cache holds them all.
#pragma once
#include <filesystem>

#include "airssys/base/platform.h"
#include "serve.h"

namespace airssys::bench {

// Rows CLASS.COUNT.FIGURE, as standard.10000.bytes. Each makes its instances anew: ask for one row of a process.
void add_density_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);

}  // namespace airssys::bench
