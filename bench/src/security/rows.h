// The rows of the group `security`.
#pragma once
#include <filesystem>

#include "../serve.h"
#include "airssys/base/platform.h"

namespace airssys::bench {

void add_match_rows(Rows& rows);
// Each checked thing recorded by the real audit log.
void add_check_rows(Platform& platform, Rows& rows);
void add_signature_rows(Rows& rows);
// `guests` holds relay.wasm.
void add_pair_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows);
// audit.enqueue: one record() by one thread, while there is room. audit.throughput: a decision that is recorded, chained, written
// and synced; audit.throughput.limit: as many bytes of a file that are only written and synced. audit.folded: as
// audit.throughput, of decisions that are equal.
void add_audit_rows(Platform& platform, Rows& rows);

}  // namespace airssys::bench
