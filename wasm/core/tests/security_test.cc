#include "airssys/wasm/core/security.h"

#include <gtest/gtest.h>

namespace airssys::wasm {
namespace {

TEST(DenialReference, IsReadAsItIsWritten) {
  EXPECT_EQ(denial_reference(0x5e1f00a2, 3), "5e1f00a2-3");
  const auto read = parse_denial_reference("5e1f00a2-3");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session, 0x5e1f00a2u);
  EXPECT_EQ(read->number, 3u);
  EXPECT_EQ(parse_denial_reference(denial_reference(1, UINT64_MAX))->number, UINT64_MAX);
}

TEST(DenialReference, IsRefusedInAnyOtherForm) {
  for (const char* text : {"", "-", "3", "5e1f00a2", "5e1f00a2-", "5e1f00a2-0", "5e1f00a2-x", "5e1f00a2-3 ", "5e1f00a-3",
                           "5e1f00a2f-3", "+e1f00a2-3", "5e1f00a2-99999999999999999999", "5e1f00a2--3"}) {
    const auto read = parse_denial_reference(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), Code::invalid_argument);
    EXPECT_NE(read.error().message().find("such as 5e1f00a2-3"), std::string::npos);
  }
}

// A service takes the permit of what it does, and of nothing else.
void write_file(const Permit<Action::filesystem_write>&) {}
template <class P>
concept opens_writing = requires(P permit) { write_file(permit); };
static_assert(opens_writing<Permit<Action::filesystem_write>>);
static_assert(!opens_writing<Permit<Action::filesystem_read>>, "a permit to read is none to write");
static_assert(!opens_writing<AnyPermit>);
static_assert(!std::is_default_constructible_v<Permit<Action::filesystem_write>>, "only a gate makes one");

}  // namespace
}  // namespace airssys::wasm
