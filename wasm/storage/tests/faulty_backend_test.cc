#include "airssys/wasm/storage/testing/faulty_backend.h"

#include "backend_suite.h"

namespace airssys::wasm::testing {
namespace {

struct Faulty {
  FaultyBackend backend{open_or_fail(BackendKind::memory, {})};
};

// One of each call, as a test of a store would have them.
Result<> work(StorageBackend& backend) {
  AIRSSYS_TRY_VOID(set(backend, "a", "1"));
  AIRSSYS_TRY_VOID(backend.write(Keyspace::guests, std::array{StorageWrite{"b", "2"}, StorageWrite{"c", "3"}}, Durability::disk));
  AIRSSYS_TRY_VOID(remove(backend, "a"));
  AIRSSYS_TRY_VOID(backend.flush());
  std::string value;
  AIRSSYS_TRY(const bool found, backend.get(Keyspace::guests, "b", value));
  EXPECT_TRUE(found);
  return backend.scan(Keyspace::guests, {}, [](std::string_view, std::string_view) { return true; });
}

TEST(FaultyBackend, FailsEachWriteInTurnAndChangesNothingThen) {
  const std::array<Entries, 4> left{Entries{}, Entries{{"a", "1"}}, Entries{{"a", "1"}, {"b", "2"}, {"c", "3"}},
                                    Entries{{"b", "2"}, {"c", "3"}}};
  std::size_t nth = 1;
  for (;; ++nth) {
    Faulty faulty;
    faulty.backend.fail_write(nth);
    const auto done = work(faulty.backend);
    if (faulty.backend.faults() == 0) {
      EXPECT_TRUE(done);
      break;
    }
    ASSERT_FALSE(done) << nth;
    EXPECT_EQ(done.error().code(), Code::io);
    EXPECT_EQ(scan(faulty.backend), left.at(nth - 1)) << nth;
    EXPECT_TRUE(work(faulty.backend)) << "only the one fails";
  }
  EXPECT_EQ(nth, 5U);
}

TEST(FaultyBackend, FailsEachReadInTurnAlsoInTheMiddleOfAScan) {
  std::size_t nth = 1;
  for (;; ++nth) {
    Faulty faulty;
    faulty.backend.fail_read(nth);
    const auto done = work(faulty.backend);
    if (faulty.backend.faults() == 0) break;
    ASSERT_FALSE(done) << nth;
    EXPECT_EQ(done.error().code(), Code::io);
  }
  EXPECT_EQ(nth, 4U) << "a get, and two entries";
}

TEST(FaultyBackend, IsFullUntilThereIsRoomAgain) {
  Faulty faulty;
  faulty.backend.set_room(10);
  ASSERT_OK(set(faulty.backend, "key", "1234567"));
  const auto refused = set(faulty.backend, "k", "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::io);
  EXPECT_EQ(get(faulty.backend, "key"), "1234567") << "what was kept stays readable";
  ASSERT_OK(remove(faulty.backend, "key"));
  faulty.backend.set_room(1);
  ASSERT_OK(set(faulty.backend, "k", ""));
}

}  // namespace
}  // namespace airssys::wasm::testing
