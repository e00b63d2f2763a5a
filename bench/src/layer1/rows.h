// The rows of the group `layer1` that need a host: each makes one, or several, measures, and lets it go.
#pragma once
#include <filesystem>

#include "../serve.h"
#include "airssys/base/platform.h"

namespace airssys::bench {

// isolation.{alone,hostile}.{handling,delivery}: the victim's p99; those of one line are measured at once, by the first that is
// asked for. isolation.alone.median: of its delivery.
void add_isolation_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);
// load.cold, load.warm, start, restart.first, restart.again, preemption.sync, preemption.fiber.
void add_life_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);
// CLASS.COUNT.{alive,bytes,start,message}, as standard.10000.bytes: measured at once, in a process of its own.
void add_hosted_density_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);
// keys.COUNT.{lost,resident,key}: one message to each of so many keys, of which a thousand may be alive. Messages not handled,
// growth of the resident set, time for each key; measured at once, in a process of its own.
void add_keyed_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);

}  // namespace airssys::bench
