// The rows of the group `security`.
#pragma once
#include "../serve.h"
#include "airssys/base/platform.h"

namespace airssys::bench {

void add_match_rows(Rows& rows);
// audit.enqueue: one record() by one thread, while there is room. audit.throughput: a decision that is recorded, chained, written
// and synced; audit.throughput.limit: as many bytes of a file that are only written and synced. audit.folded: as
// audit.throughput, of decisions that are equal.
void add_audit_rows(Platform& platform, Rows& rows);

}  // namespace airssys::bench
