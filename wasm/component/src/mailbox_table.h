// `[mailbox]` of the manifest.
#pragma once
#include "airssys/wasm/core/mailbox_policy.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

[[nodiscard]] MailboxPolicy read_mailbox(TableReader& table);

}  // namespace airssys::wasm
