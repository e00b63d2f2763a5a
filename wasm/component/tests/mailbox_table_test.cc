// [mailbox]: what is read of it, and what people get to read when it is wrong.
#include <gtest/gtest.h>

#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view head =
    "[package]\nname = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n[mailbox]\n";

Result<Manifest> read(std::string_view mailbox) { return parse_manifest(std::string(head) + std::string(mailbox), "C"); }
std::string mistake(std::string_view mailbox) {
  const auto manifest = read(mailbox);
  return manifest ? "accepted" : manifest.error().message();
}

TEST(MailboxTable, HasDefaultsForEverything) {
  const auto manifest = read("");
  ASSERT_TRUE(manifest) << manifest.error().message();
  const MailboxPolicy& mailbox = manifest->mailbox;
  EXPECT_FALSE(mailbox.capacity);
  EXPECT_EQ(mailbox.max_bytes, 100u * 1024);
  EXPECT_EQ(mailbox.overload, MailboxOverload::error);
  EXPECT_EQ(mailbox.message_ttl, 0ms);
  EXPECT_EQ(mailbox.on_crash, OnCrash::drop);
  EXPECT_EQ(mailbox.poison_after, 2u);
}

TEST(MailboxTable, IsReadAsItIsWritten) {
  const auto manifest = read(R"(capacity = 7
max_bytes = "2MiB"
overload = "drop-oldest"
message_ttl_ms = 250
on_crash = "retry-once"
poison_after = 0
)");
  ASSERT_TRUE(manifest) << manifest.error().message();
  const MailboxPolicy& mailbox = manifest->mailbox;
  EXPECT_EQ(mailbox.capacity, 7u);
  EXPECT_EQ(mailbox.max_bytes, 2u << 20);
  EXPECT_EQ(mailbox.overload, MailboxOverload::drop_oldest);
  EXPECT_EQ(mailbox.message_ttl, 250ms);
  EXPECT_EQ(mailbox.on_crash, OnCrash::retry_once);
  EXPECT_EQ(mailbox.poison_after, 0u);
  EXPECT_EQ(read("overload = \"block\"")->mailbox.overload, MailboxOverload::block);
  EXPECT_EQ(read("overload = \"drop-newest\"")->mailbox.overload, MailboxOverload::drop_newest);
  EXPECT_EQ(read("on_crash = \"dead-letter\"")->mailbox.on_crash, OnCrash::dead_letter);
}

TEST(MailboxTable, SaysWhereItIsWrongAndWhatToWrite) {
  EXPECT_EQ(mistake("capacity = 0"), "C:9:12: 'capacity' is 0, must be 1 to 1000000; write capacity = 1000");
  EXPECT_EQ(mistake("max_bytes = 5"),
            "C:9:13: 'max_bytes' must be a size in quotes, found an integer; write max_bytes = \"100KiB\"");
  EXPECT_EQ(mistake("max_bytes = \"2GiB\""), "C:9:13: 'max_bytes' is 2GiB, must be 1B to 1GiB; write max_bytes = \"100KiB\"");
  EXPECT_EQ(mistake("overload = \"drop_oldest\""),
            "C:9:12: 'overload' is 'drop_oldest', must be one of error, block, drop-newest, drop-oldest; did you mean "
            "'drop-oldest'?");
  EXPECT_EQ(mistake("message_ttl_ms = -1"), "C:9:18: 'message_ttl_ms' is -1, must be 0 to 86400000; write message_ttl_ms = 0");
  EXPECT_EQ(mistake("on_crash = \"retry\""),
            "C:9:12: 'on_crash' is 'retry', must be one of drop, retry-once, dead-letter; write on_crash = \"drop\"");
  EXPECT_EQ(mistake("poison_after = 1001"), "C:9:16: 'poison_after' is 1001, must be 0 to 1000; write poison_after = 2");
  EXPECT_EQ(mistake("overlod = \"error\""), "C:9:1: unknown key 'overlod' in [mailbox]; did you mean 'overload'?");
}

}  // namespace
}  // namespace airssys::wasm
