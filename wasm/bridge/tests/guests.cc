#include "guests.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "airssys/wasm/bridge/handles.h"

namespace airssys::wasm::testing {
namespace {

constexpr std::string_view imports = R"(
  (import "airssys:core/messaging@1.0.0" "send-message" (func $send (param i32 i32 i32 i32 i32)))
  (import "airssys:core/messaging@1.0.0" "broadcast" (func $broadcast (param i32 i32 i32 i32 i32)))
  (import "airssys:core/messaging@1.0.0" "self-id" (func $self (param i32)))
  (import "airssys:core/services@1.0.0" "log" (func $log (param i32 i32 i32 i32 i32)))
  (import "airssys:core/services@1.0.0" "current-time" (func $time (param i32)))
  (import "airssys:core/services@1.0.0" "monotonic-now" (func $monotonic (result i64)))
)";

constexpr std::string_view waiting_import = R"(
  (import "airssys:core/waiting@1.0.0" "sleep-ms" (func $sleep (param i64))))";
constexpr std::string_view waiting_command = R"(
    (if (i32.eq (local.get $command) (i32.const 0x77)) ;; w
      (then (call $sleep (i64.extend_i32_u (call $number (local.get $arg) (local.get $len))))
            (return (call $none))))
)";

// Memory: 16 texts, 64 targets of a broadcast, 128 fields of a log line, 256 results of imports, 512 answer, 1024 heap.
constexpr std::string_view body = R"(
  (memory (export "memory") 2)
  (table 4 funcref)
  (global $heap (mut i32) (i32.const 1024))
  (global $count (mut i32) (i32.const 0))
  (global $initialized (mut i32) (i32.const 0))
  (data (i32.const 16) "peerothertextkeyvalue\ff\fe")
  (data (i32.const 704) ;; the answer of metadata: name, version, description, author, license, language
    "\10\00\00\00\04\00\00\00\14\00\00\00\05\00\00\00\19\00\00\00\04\00\00\00"
    "\10\00\00\00\04\00\00\00\14\00\00\00\05\00\00\00\1d\00\00\00\03\00\00\00"
    ;; operations, codecs, permissions
    "\70\03\00\00\02\00\00\00\80\03\00\00\02\00\00\00\90\03\00\00\01\00\00\00"
    ;; memory, timeout, stateful
    "\01\00\00\00\00\00\00\00\02\00\00\00\00\00\00\00\03\00\00\00\00\00\00\00"
    "\01\00\00\00\00\00\00\00\04\00\00\00\00\00\00\00\01\00\00\00"
    ;; api-version, homepage, repository, tags, custom
    "\1d\00\00\00\03\00\00\00\20\00\00\00\05\00\00\00\10\00\00\00\04\00\00\00\70\03\00\00\01\00\00\00"
    "\01\00\00\00\a8\03\00\00\01\00\00\00\00\00\00\00")
  (data (i32.const 880) "\10\00\00\00\04\00\00\00\14\00\00\00\05\00\00\00") ;; two texts
  (data (i32.const 896) "\01\07\00\00\00\00\00\00\00\02\00\00\00\00\00\00") ;; two codecs
  (data (i32.const 912) "\1d\00\00\00\03\00\00\00\20\00\00\00\05\00\00\00\10\00\00\00\04\00\00\00") ;; a capability
  (data (i32.const 936) "\1d\00\00\00\03\00\00\00\20\00\00\00\05\00\00\00") ;; a pair
  (data (i32.const 64) "\10\00\00\00\04\00\00\00\14\00\00\00\05\00\00\00")
  (data (i32.const 128) "\1d\00\00\00\03\00\00\00\20\00\00\00\05\00\00\00")
  (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32) (local $missing i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $new)))
    (local.set $missing (i32.sub (i32.shr_u (i32.add (global.get $heap) (i32.const 0xffff)) (i32.const 16)) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (unreachable)))))
    (local.get $at))
  (func $reset (param i32) (global.set $heap (i32.const 1024)))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#init" (func $reset))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#handle-message" (func $reset))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#metadata" (func $reset))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#health" (func $reset))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#shutdown" (func $reset))

  (func $answer (param $error i32) (param $case i32) (param $ptr i32) (param $len i32) (result i32)
    (i32.store8 (i32.const 512) (local.get $error))
    (i32.store8 (i32.const 516) (local.get $case))
    (i32.store (i32.const 520) (local.get $ptr))
    (i32.store (i32.const 524) (local.get $len))
    (i32.const 512))
  (func $none (result i32) (call $answer (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func $some (param $ptr i32) (param $len i32) (result i32)
    (call $answer (i32.const 0) (i32.const 1) (local.get $ptr) (local.get $len)))
  (func $byte (param $value i32) (result i32)
    (i32.store8 (i32.const 500) (local.get $value))
    (call $some (i32.const 500) (i32.const 1)))
  (func $number (param $ptr i32) (param $len i32) (result i32)
    (if (result i32) (local.get $len) (then (i32.load8_u (local.get $ptr))) (else (i32.const 0))))
  (func $deeper (param $n i32) (result i32)
    (i32.add (call $deeper (i32.add (local.get $n) (i32.const 1))) (i32.const 1)))
  (func $spin (loop $again (br $again)))
  (func $rounds (param $n i32)
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))))
  (func $repeat (param $n i32) (param $arg i32) (param $len i32)
    (loop $again
      (call $send (i32.const 16) (i32.const 4) (local.get $arg) (local.get $len) (i32.const 256))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))))
  (func $dirty (result i32) (local $at i32)
    (local.set $at (i32.const 4096))
    (loop $next
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 0x10000)))))
    (i32.const 0))
  (func $divide (param $by i32) (result i32) (i32.div_u (i32.const 1) (local.get $by)))
  (func $sent (result i32) ;; 0 or 1 + case, and the text if there is one
    (local $text i32) (local $len i32) (local $case i32)
    (if (i32.eqz (i32.load8_u (i32.const 256))) (then (return (call $byte (i32.const 0)))))
    (local.set $case (i32.load8_u (i32.const 264)))
    (local.set $text (global.get $heap))
    (if (i32.or (i32.or (i32.eq (local.get $case) (i32.const 1)) (i32.eq (local.get $case) (i32.const 5)))
                (i32.eq (local.get $case) (i32.const 10)))
      (then (local.set $len (i32.load (i32.const 276)))
            (memory.copy (i32.add (local.get $text) (i32.const 1)) (i32.load (i32.const 272)) (local.get $len))))
    (i32.store8 (local.get $text) (i32.add (local.get $case) (i32.const 1)))
    (call $some (local.get $text) (i32.add (local.get $len) (i32.const 1))))
  (func $broadcasted (result i32) (local $at i32) (local $i i32) (local $n i32)
    (local.set $at (i32.load (i32.const 256)))
    (local.set $n (i32.load (i32.const 260)))
    (loop $next
      (i32.store8 (i32.add (i32.const 400) (local.get $i))
        (if (result i32) (i32.load8_u (local.get $at))
          (then (i32.add (i32.load8_u offset=8 (local.get $at)) (i32.const 1))) (else (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 48)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (call $some (i32.const 400) (local.get $n)))

  (func (export "airssys:core/lifecycle@1.0.0#init")
    (param i32 i32 i32 i32 i32 i64 i64 i64 i64 i32 i32) (result i32)
    (if (global.get $initialized) (then (return (call $answer (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 0)))))
    (global.set $initialized (i32.const 1))
    (call $none))
  (func (export "airssys:core/lifecycle@1.0.0#metadata") (result i32)
    (i32.const 704))
  (func (export "airssys:core/lifecycle@1.0.0#health") (result i32)
    (i32.store8 (i32.const 512) (i32.const 1)) (i32.store8 (i32.const 516) (i32.const 1))
    (i32.store (i32.const 520) (i32.const 25)) (i32.store (i32.const 524) (i32.const 4))
    (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#shutdown") (result i32)
    (call $answer (i32.const 1) (i32.const 4) (i32.const 25) (i32.const 4)))
  (func (export "airssys:core/lifecycle@1.0.0#supported-codecs") (result i32)
    (i32.store (i32.const 512) (i32.const 896)) (i32.store (i32.const 516) (i32.const 2))
    (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#execute")
    (param $operation i32) (param $len i32) (param $high i64) (param $low i64) (param $caller i32) (param $caller_len i32)
    (param $timeout i64) (param $traced i32) (param $trace i32) (param $trace_len i32) (result i32)
    (if (local.get $traced) ;; how long is everything
      (then (i32.store8 (i32.const 512) (i32.const 0))
            (i32.store8 (i32.const 500) (local.get $len)) (i32.store8 (i32.const 501) (i32.wrap_i64 (local.get $high)))
            (i32.store8 (i32.const 502) (i32.wrap_i64 (local.get $low))) (i32.store8 (i32.const 503) (local.get $caller_len))
            (i32.store8 (i32.const 504) (i32.wrap_i64 (local.get $timeout))) (i32.store8 (i32.const 505) (local.get $trace_len))
            (i32.store (i32.const 520) (i32.const 500)) (i32.store (i32.const 524) (i32.const 6)))
      (else (i32.store8 (i32.const 512) (i32.const 1)) ;; unsupported-codec, or operation-failed with the operation
            (i32.store8 (i32.const 520) (select (i32.const 1) (i32.const 2) (local.get $len)))
            (i64.store (i32.const 528) (i64.const 77))
            (if (local.get $len)
              (then (i32.store (i32.const 528) (local.get $operation)) (i32.store (i32.const 532) (local.get $len))))))
    (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#handle-callback")
    (param $high i64) (param $low i64) (param $failed i32) (param $payload i32) (param $second i64) (param $third i32)
    (result i32)
    (if (i32.eqz (local.get $failed)) ;; the payload's length is the new count
      (then (global.set $count (i32.wrap_i64 (local.get $second))) (return (call $none))))
    (if (i32.lt_u (local.get $payload) (i32.const 2)) ;; timeout: so many milliseconds; target-not-found: 0
      (then (global.set $count (i32.wrap_i64 (local.get $second))) (return (call $none))))
    (call $answer (i32.const 1) (i32.const 6) (i32.wrap_i64 (local.get $second)) (local.get $third)))
  (func $handle (export "airssys:core/lifecycle@1.0.0#handle-message")
    (param $sender i32) (param $sender_len i32) (param $payload i32) (param $payload_len i32)
    (param $kind i32) (param $high i64) (param $low i64) (param $sent_at i64) (result i32)
    (local $command i32) (local $arg i32) (local $len i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (i32.eqz (local.get $payload_len)) (then (return (call $none))))
    (local.set $command (i32.load8_u (local.get $payload)))
    (local.set $arg (i32.add (local.get $payload) (i32.const 1)))
    (local.set $len (i32.sub (local.get $payload_len) (i32.const 1)))
    (if (i32.eq (local.get $command) (i32.const 0x65)) (then (return (call $some (local.get $arg) (local.get $len))))) ;; e
    (if (i32.eq (local.get $command) (i32.const 0x78)) ;; x
      (then (return (call $answer (i32.const 1) (i32.const 6) (local.get $arg) (local.get $len)))))
    (if (i32.eq (local.get $command) (i32.const 0x6b)) (then (return (call $byte (global.get $count))))) ;; k
    (if (i32.eq (local.get $command) (i32.const 0x79)) (then (return (call $byte (call $dirty))))) ;; y
    (if (i32.eq (local.get $command) (i32.const 0x75)) (then (unreachable))) ;; u
    (if (i32.eq (local.get $command) (i32.const 0x7a)) (then (return (call $divide (i32.const 0))))) ;; z
    (if (i32.eq (local.get $command) (i32.const 0x76)) (then (return (i32.trunc_f32_s (f32.const nan))))) ;; v
    (if (i32.eq (local.get $command) (i32.const 0x6f)) (then (return (i32.load (i32.const -16))))) ;; o
    (if (i32.eq (local.get $command) (i32.const 0x63)) (then (call_indirect (i32.const 1)))) ;; c
    (if (i32.eq (local.get $command) (i32.const 0x72)) (then (return (call $deeper (i32.const 0))))) ;; r
    (if (i32.eq (local.get $command) (i32.const 0x73)) (then (call $spin))) ;; s
    (if (i32.eq (local.get $command) (i32.const 0x70)) ;; p
      (then (call $rounds (i32.mul (call $number (local.get $arg) (local.get $len)) (i32.const 1000)))))
    (if (i32.eq (local.get $command) (i32.const 0x67)) ;; g
      (then (return (call $byte (memory.grow (call $number (local.get $arg) (local.get $len)))))))
    (if (i32.eq (local.get $command) (i32.const 0x47)) ;; G
      (then (if (i32.eq (memory.grow (call $number (local.get $arg) (local.get $len))) (i32.const -1)) (then (unreachable)))))
    (if (i32.eq (local.get $command) (i32.const 0x74)) ;; t
      (then (call $send (i32.const 16) (i32.const 4) (local.get $arg) (local.get $len) (i32.const 256)) (return (call $sent))))
    (if (i32.eq (local.get $command) (i32.const 0x6a)) ;; j
      (then (call $send (i32.const 37) (i32.const 2) (local.get $arg) (local.get $len) (i32.const 256)) (return (call $sent))))
    (if (i32.eq (local.get $command) (i32.const 0x54)) ;; T
      (then (call $send (i32.const 16) (i32.const 4) (local.get $arg) (local.get $len) (i32.const 256)) (call $spin)))
    (if (i32.eq (local.get $command) (i32.const 0x42)) ;; B
      (then (call $repeat (call $number (local.get $arg) (local.get $len)) (local.get $arg) (local.get $len))))
    (if (i32.eq (local.get $command) (i32.const 0x62)) ;; b
      (then (call $broadcast (i32.const 64) (i32.const 2) (local.get $arg) (local.get $len) (i32.const 256))
            (return (call $broadcasted))))
    (if (i32.eq (local.get $command) (i32.const 0x6c)) ;; l
      (then (call $log (i32.const 2) (local.get $arg) (local.get $len) (i32.const 128) (i32.const 1))))
    (if (i32.eq (local.get $command) (i32.const 0x69)) ;; i
      (then (call $self (i32.const 256)) (return (call $some (i32.load (i32.const 256)) (i32.load (i32.const 260))))))
    (if (i32.eq (local.get $command) (i32.const 0x71)) ;; q
      (then (call $time (i32.const 256)) (memory.copy (i32.const 400) (i32.const 256) (i32.const 12))
            (i64.store (i32.const 412) (call $monotonic)) (return (call $some (i32.const 400) (i32.const 20)))))
    (if (i32.eq (local.get $command) (i32.const 0x61)) ;; a
      (then (return (call $some (i32.const 0xfff0) (i32.const 0x7fffffff)))))
)";

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

const std::string_view lifecycle_exports = R"(
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airssys:core/lifecycle@1.0.0#init")
    (param i32 i32 i32 i32 i32 i64 i64 i64 i64 i32 i32) (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#metadata") (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#health") (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#shutdown") (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#supported-codecs") (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#execute")
    (param i32 i32 i64 i64 i32 i32 i64 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#handle-callback") (param i64 i64 i32 i32 i64 i32) (result i32) (i32.const 0))
  (func (export "airssys:core/lifecycle@1.0.0#handle-message")
    (param i32 i32 i32 i32 i32 i64 i64 i64) (result i32) (i32.const 0))
)";

std::string puppet_text(Waits waits) {
  std::string text = "(module $puppet";
  text += imports;
  if (waits == Waits::yes) text += waiting_import;
  text += body;
  if (waits == Waits::yes) text += waiting_command;
  return text + "    (call $none)))";
}

Wasm puppet(Waits waits) {
  return encode(puppet_text(waits), wit_dir(), waits == Waits::yes ? "waiting-component" : "component");
}

Wasm minimal() {
  std::string text = "(module " + std::string(lifecycle_exports) + ")";
  for (const char* left : {"health", "execute", "handle-callback", "supported-codecs"}) {
    const auto at = text.find("  (func (export \"airssys:core/lifecycle@1.0.0#" + std::string(left));
    text.erase(at, text.find("(i32.const 0))\n", at) + 15 - at);
  }
  for (auto at = text.find("/lifecycle@"); at != std::string::npos; at = text.find("/lifecycle@", at + 1))
    text.replace(at, 11, "/lifecycle-min@");
  return encode(text, wit_dir(), "component-min");
}

Wasm encode(std::string_view text, std::string_view wit_dir, std::string_view world) {
  BridgeBuffer out;
  const BridgeError error(
      aw_encode_component(to_bridge(std::as_bytes(std::span(text))), to_bridge(wit_dir), to_bridge(world), out.out()));
  EXPECT_FALSE(error) << from_bridge(aw_error_message(error.get()));
  return {out.out()->ptr, out.out()->ptr + out.out()->len};
}

std::string folder(const std::map<std::string, std::string>& files) {
  struct Folders {
    ~Folders() {
      for (const auto& path : paths) std::filesystem::remove_all(path);
    }
    std::vector<std::string> paths;
  };
  static Folders folders;
  std::string pattern = ::testing::TempDir() + "bridge_test_XXXXXX";
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr) << pattern;
  folders.paths.push_back(pattern);
  for (const auto& [path, content] : files) {
    const std::filesystem::path file = std::filesystem::path(pattern) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  return pattern;
}

std::string wit_dir() { return AIRSSYS_WIT_DIR; }

std::string core_wit(std::string_view from, std::string_view to) {
  std::string text = read(wit_dir() + "/core.wit");
  if (from.empty()) return text;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "core.wit has no " << from;
  return text.replace(at, from.size(), to);
}

Wasm with_second_memory(const Wasm& component, std::uint8_t pages) {
  std::uint8_t modules = 0;
  for (std::size_t at = 8; at < component.size();) {  // sections: id, length in LEB128, content
    const std::uint8_t id = component[at++];
    std::size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = component[at++];
      length |= std::size_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) break;
    }
    if (id == 1) ++modules;
    at += length;
  }
  const Wasm module{0, 'a', 's', 'm', 1, 0, 0, 0, /*memory section*/ 5, 3, 1, 0, pages};
  Wasm result = component;
  result.insert(result.end(), {/*core module section*/ 1, static_cast<std::uint8_t>(module.size())});
  result.insert(result.end(), module.begin(), module.end());
  result.insert(result.end(), {/*core instance section*/ 2, 4, 1, /*instantiate*/ 0, modules, /*arguments*/ 0});
  return result;
}

}  // namespace airssys::wasm::testing
