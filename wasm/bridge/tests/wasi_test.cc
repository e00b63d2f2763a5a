// WASI of the guests' own libraries, all on the sync lane: 0.2 by the host, preview1 by the adapter on top of it.
#include <cstring>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view preview1_imports = R"(
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
)";

// P, E: print the argument to stdout, stderr   C: both clocks   R: 11 random bytes   X: exit with 7   O: open a file
// V: the sizes of the environment   D: poll a timer that is due   S: poll one that never is
constexpr std::string_view preview1_commands = R"(
    (i32.store (i32.const 400) (local.get $arg))
    (i32.store (i32.const 404) (local.get $len))
    (if (i32.eq (local.get $command) (i32.const 0x50))
      (then (return (call $byte (call $fd_write (i32.const 1) (i32.const 400) (i32.const 1) (i32.const 408))))))
    (if (i32.eq (local.get $command) (i32.const 0x45))
      (then (return (call $byte (call $fd_write (i32.const 2) (i32.const 400) (i32.const 1) (i32.const 408))))))
    (if (i32.eq (local.get $command) (i32.const 0x43))
      (then (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 400)))
            (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 408)))
            (return (call $some (i32.const 400) (i32.const 16)))))
    (if (i32.eq (local.get $command) (i32.const 0x52))
      (then (drop (call $random (i32.const 400) (i32.const 11))) (return (call $some (i32.const 400) (i32.const 12)))))
    (if (i32.eq (local.get $command) (i32.const 0x58)) (then (call $exit (i32.const 7))))
    (if (i32.eq (local.get $command) (i32.const 0x4f))
      (then (return (call $byte (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0) (i64.const 0)
        (i64.const 0) (i32.const 0) (i32.const 400))))))
    (if (i32.eq (local.get $command) (i32.const 0x56))
      (then (drop (call $environ (i32.const 400) (i32.const 404))) (return (call $some (i32.const 400) (i32.const 8)))))
    (memory.fill (i32.const 600) (i32.const 0) (i32.const 96))
    (i32.store (i32.const 616) (i32.const 1))
    (if (i32.eq (local.get $command) (i32.const 0x44))
      (then (drop (call $poll (i32.const 600) (i32.const 720) (i32.const 1) (i32.const 400)))
            (return (call $byte (i32.load (i32.const 400))))))
    (if (i32.eq (local.get $command) (i32.const 0x53))
      (then (i64.store (i32.const 624) (i64.const 1000))
            (drop (call $poll (i32.const 600) (i32.const 720) (i32.const 1) (i32.const 400)))))
)";
constexpr std::string_view last = "    (call $none)))";
constexpr std::string_view allocator = "(local $at i32) (local $missing i32)\n";

// The puppet, with more imports and commands, and with an allocator that asks for the time as a collector would.
std::string extended(std::string_view imports, std::string_view commands, std::string_view in_allocator = {}) {
  std::string text = puppet_text(Waits::no);
  text.insert(text.rfind(last), commands);
  text.insert(text.find(allocator) + allocator.size(), in_allocator);
  return text.insert(std::string_view("(module $puppet").size(), imports);
}

struct Preview1 {
  Preview1()
      : wasm(encode(
            extended(preview1_imports, preview1_commands, "(drop (call $clock (i32.const 1) (i64.const 1) (i32.const 800)))\n"),
            wit_dir(), "component")),
        component(compile(engine.get(), wasm)),
        preinstance(prepare(component.get())),
        instance(instantiate(preinstance.get(), host)) {}
  Host host;
  BridgeEngine engine = make_engine();
  Wasm wasm;
  BridgeComponent component;
  BridgePreinstance preinstance;
  BridgeInstance instance;
};

TEST(BridgeWasi, KeepsAPreview1GuestOnTheSyncLane) {
  const Preview1 guest;
  EXPECT_EQ(aw_preinstance_lane(guest.preinstance.get()), AW_LANE_SYNC);
}

TEST(BridgeWasi, LogsWholeLinesAndWhatIsLeftWhenTheCallEnds) {
  Preview1 guest;
  EXPECT_EQ(send(guest.instance.get(), "Pone\ntwo\n\nthree").text(), std::string(1, '\0'));
  EXPECT_THAT(guest.host.logged, ElementsAre("2 one", "2 two", "2 three"));
  send(guest.instance.get(), "Ecareful");
  EXPECT_EQ(guest.host.logged.back(), "3 careful");
}

TEST(BridgeWasi, CutsALineThatNeverEndsIntoPieces) {
  Preview1 guest;
  send(guest.instance.get(), "P" + std::string(10'000, 'x'));
  ASSERT_EQ(guest.host.logged.size(), 3u);
  EXPECT_EQ(guest.host.logged[0], "2 " + std::string(4096, 'x'));
  EXPECT_EQ(guest.host.logged[2], "2 " + std::string(10'000 - 2 * 4096, 'x'));
}

TEST(BridgeWasi, ReplacesWhatIsNotText) {
  Preview1 guest;
  send(guest.instance.get(),
       "Pa\xff"
       "b");
  EXPECT_THAT(guest.host.logged, ElementsAre("2 a\xEF\xBF\xBD"
                                             "b"));
}

TEST(BridgeWasi, TellsTheHostsTimeAlsoWhereTheAllocatorAsksForIt) {
  Preview1 guest;
  const std::string clocks = send(guest.instance.get(), "C").text();
  std::uint64_t wall = 0, monotonic = 0;
  ASSERT_EQ(clocks.size(), 16u);
  std::memcpy(&wall, clocks.data(), 8);
  std::memcpy(&monotonic, clocks.data() + 8, 8);
  EXPECT_EQ(wall, std::uint64_t{0x0102030405060708} * 1'000'000'000U + 0x0a0b0c0d);
  EXPECT_EQ(monotonic, 0x1112131415161718U);
}

TEST(BridgeWasi, FillsExactlyTheBytesAskedForFromTheHost) {
  Preview1 guest;
  EXPECT_THAT(send(guest.instance.get(), "R").text().substr(0, 11), Each('\x5a'));
  EXPECT_NE(send(guest.instance.get(), "R").text()[11], '\x5a');
}

TEST(BridgeWasi, HasNoFilesAndNoEnvironment) {
  Preview1 guest;
  EXPECT_EQ(send(guest.instance.get(), "O").text(), "\x08");
  EXPECT_EQ(send(guest.instance.get(), "V").text(), std::string(8, '\0'));
}

TEST(BridgeWasi, EndsTheCallWhereTheGuestExits) {
  Preview1 guest;
  const Answer answer = send(guest.instance.get(), "X");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("exited with code 7"));
}

TEST(BridgeWasi, PollsATimerUntilItIsDueOrTheFuelIsUsedUp) {
  Preview1 guest;
  EXPECT_EQ(send(guest.instance.get(), "D").text(), "\x01");
  EXPECT_EQ(failure(guest.instance.get(), "S"), AW_TRAP_OUT_OF_FUEL);
}

// --- 0.2

// A guest of `component` that also imports what `wit` says; `commands` begins with the command N.
BridgePreinstance with_wasi(const aw_engine* engine, const std::string& package, std::string_view imports,
                            std::string_view commands) {
  const std::string wit =
      folder({{"w.wit", "package test:w; world w { include airssys:core/component@1.0.0; import " + package + "; }"},
              {"deps/core/core.wit", core_wit()},
              {"deps/sockets/s.wit",
               "package wasi:sockets@0.2.9;\n"
               "interface tcp { resource tcp-socket; }\n"
               "interface tcp-create-socket { use tcp.{tcp-socket}; enum error-code { unknown, access-denied }\n"
               "  create-tcp-socket: func(family: u32) -> result<tcp-socket, error-code>;\n"
               "  limit: func() -> u32; }"},
              {"deps/clocks/c.wit",
               "package wasi:clocks@0.2.9;\n"
               "interface monotonic-clock { now: func() -> string; }"},
              {"deps/io/i.wit",
               "package wasi:io@0.3.0;\n"
               "interface streams { now: func() -> u64; }"}});
  const BridgeComponent component = compile(engine, encode(extended(imports, commands), wit, "w"));
  const aw_host_tables tables = host_tables();
  aw_preinstance* preinstance = nullptr;
  const Fault fault(aw_preinstance_new(component.get(), &tables, &preinstance));
  EXPECT_EQ(fault.error == nullptr, preinstance != nullptr);
  if (fault.error) {
    EXPECT_EQ(fault.code(), AW_LINK) << fault.message();
  }
  return BridgePreinstance(preinstance);
}

TEST(BridgeWasi, DeniesSocketsWhereTheGuestCanBeToldAndEndsTheCallWhereNot) {
  const BridgeEngine engine = make_engine();
  const BridgePreinstance preinstance = with_wasi(engine.get(), "wasi:sockets/tcp-create-socket@0.2.9", R"(
    (import "wasi:sockets/tcp-create-socket@0.2.9" "create-tcp-socket" (func $create (param i32 i32)))
    (import "wasi:sockets/tcp-create-socket@0.2.9" "limit" (func $limit (result i32))))",
                                                  R"(
    (if (i32.eq (local.get $command) (i32.const 0x4e))
      (then (call $create (i32.const 0) (i32.const 400)) (return (call $some (i32.const 400) (i32.const 5)))))
    (if (i32.eq (local.get $command) (i32.const 0x4c)) (then (drop (call $limit)))))");
  ASSERT_TRUE(preinstance);
  Host host;
  const BridgeInstance instance = instantiate(preinstance.get(), host);
  const std::string denied = send(instance.get(), "N").text();
  EXPECT_EQ(denied.front(), '\x01');
  EXPECT_EQ(denied.back(), '\x01');  // the second case, access-denied
  const Answer answer = send(instance.get(), "L");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), AllOf(StartsWith("`wasi:sockets/tcp-create-socket@0.2.9.limit`"), HasSubstr("no sockets")));
}

TEST(BridgeWasi, RefusesAnInterfaceOfWasiThatMeansSomethingElse) {
  const BridgeEngine engine = make_engine();
  EXPECT_FALSE(with_wasi(engine.get(), "wasi:clocks/monotonic-clock@0.2.9",
                         R"((import "wasi:clocks/monotonic-clock@0.2.9" "now" (func $wrong (param i32))))",
                         "(call $wrong (i32.const 400))"));
  EXPECT_FALSE(with_wasi(engine.get(), "wasi:io/streams@0.3.0",
                         R"((import "wasi:io/streams@0.3.0" "now" (func $wrong (result i64))))", "(drop (call $wrong))"));
}

}  // namespace
}  // namespace airssys::wasm::testing
