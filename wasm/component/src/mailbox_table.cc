#include "mailbox_table.h"

#include <array>

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

// In the order of MailboxOverload and OnCrash.
constexpr std::array overloads{"error"sv, "block"sv, "drop-newest"sv, "drop-oldest"sv};
constexpr std::array crashes{"drop"sv, "retry-once"sv, "dead-letter"sv};

constexpr std::uint64_t gibi = 1024 * 1024 * 1024;
constexpr std::uint64_t day_ms = 24 * 60 * 60 * 1000;

}  // namespace

MailboxPolicy read_mailbox(TableReader& table) {
  MailboxPolicy policy;
  if (const auto said = table.integer({"capacity", "1000"}, {1, 1'000'000})) policy.capacity = static_cast<std::uint32_t>(*said);
  if (const auto said = table.size({"max_bytes", R"("100KiB")"}, {1, gibi})) policy.max_bytes = *said;
  if (const auto said = table.choice({"overload", R"("error")"}, overloads))
    policy.overload = static_cast<MailboxOverload>(*said);
  if (const auto said = table.integer({"message_ttl_ms", "0"}, {0, day_ms}))
    policy.message_ttl = std::chrono::milliseconds(*said);
  if (const auto said = table.choice({"on_crash", R"("drop")"}, crashes)) policy.on_crash = static_cast<OnCrash>(*said);
  if (const auto said = table.integer({"poison_after", "2"}, {0, 1000})) policy.poison_after = static_cast<std::uint32_t>(*said);
  table.finish();
  return policy;
}

}  // namespace airssys::wasm
