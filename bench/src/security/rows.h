// The rows of the group `security`.
#pragma once
#include "../serve.h"

namespace airssys::bench {

void add_match_rows(Rows& rows);

}  // namespace airssys::bench
