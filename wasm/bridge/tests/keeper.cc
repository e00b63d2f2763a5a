#include "guests.h"

namespace airssys::wasm::testing {
namespace {

constexpr std::string_view reading_imports = R"(
  (import "airssys:core/storage@1.0.0" "get" (func $get (param i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "has" (func $has (param i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "keys" (func $keys (param i32 i32 i32 i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "scan-prefix" (func $scan (param i32 i32 i32 i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "usage" (func $usage (param i32)))
  (import "airssys:core/storage@1.0.0" "open" (func $open (param i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[method]store.get" (func $store_get (param i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[method]store.has" (func $store_has (param i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[method]store.scan-prefix"
    (func $store_scan (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[resource-drop]store" (func $drop (param i32)))
)";

constexpr std::string_view writing_imports = R"(
  (import "airssys:core/storage@1.0.0" "set" (func $set (param i32 i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "delete" (func $delete (param i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "apply" (func $apply (param i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[method]store.set" (func $store_set (param i32 i32 i32 i32 i32 i32)))
  (import "airssys:core/storage@1.0.0" "[method]store.delete" (func $store_delete (param i32 i32 i32 i32)))
)";

constexpr std::string_view clearing_import = R"(
  (import "airssys:core/storage@1.0.0" "clear" (func $clear (param i32)))
)";

// Memory: 16 texts, 32 two operations, 256 results of imports, 512 answer, 1024 heap, which nothing gives back.
constexpr std::string_view body = R"(
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 1024))
  (global $store (mut i32) (i32.const 77))
  (data (i32.const 16) "kvx")
  (data (i32.const 32) "\00\00\00\00\10\00\00\00\01\00\00\00\11\00\00\00\01\00\00\00") ;; set("k", "v")
  (data (i32.const 52) "\01\00\00\00\12\00\00\00\01\00\00\00") ;; delete("x")
  (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $new)))
    (loop $again
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 0x10000)))
        (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
              (br $again))))
    (local.get $at))
  (func $at_most (param $value i32) (param $most i32) (result i32)
    (select (local.get $value) (local.get $most) (i32.lt_u (local.get $value) (local.get $most))))
  (func (export "airssys:core/lifecycle@1.0.0#handle-message")
    (param i32 i32) (param $p i32) (param $n i32) (param i32 i64 i64 i64) (result i32)
    (local $c i32) (local $one i32) (local $rest i32) (local $more i32)
    (memory.fill (i32.const 256) (i32.const 0) (i32.const 64))
    (local.set $c (i32.load8_u (local.get $p)))
    (local.set $p (i32.add (local.get $p) (i32.const 1)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (local.set $one (call $at_most (local.get $n) (i32.const 1)))
    (local.set $rest (i32.add (local.get $p) (local.get $one)))
    (local.set $more (i32.sub (local.get $n) (local.get $one)))
    (if (i32.eq (local.get $c) (i32.const 0x67)) ;; g
      (then (call $get (local.get $p) (local.get $n) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x68)) ;; h
      (then (call $has (local.get $p) (local.get $n) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x6b)) ;; k
      (then (call $keys (local.get $p) (local.get $one) (i32.ne (local.get $more) (i32.const 0)) (local.get $rest)
                        (local.get $more) (i32.const 7) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x70)) ;; p
      (then (call $scan (local.get $p) (local.get $one) (i32.ne (local.get $more) (i32.const 0)) (local.get $rest)
                        (local.get $more) (i32.const 7) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x75)) (then (call $usage (i32.const 256)))) ;; u
    (if (i32.eq (local.get $c) (i32.const 0x6f)) ;; o
      (then (call $open (local.get $p) (local.get $n) (i32.const 256))
            (if (i32.eqz (i32.load8_u (i32.const 256))) (then (global.set $store (i32.load (i32.const 264)))))))
    (if (i32.eq (local.get $c) (i32.const 0x47)) ;; G
      (then (call $store_get (global.get $store) (local.get $p) (local.get $n) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x48)) ;; H
      (then (call $store_has (global.get $store) (local.get $p) (local.get $n) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x50)) ;; P
      (then (call $store_scan (global.get $store) (local.get $p) (local.get $one) (i32.ne (local.get $more) (i32.const 0))
                              (local.get $rest) (local.get $more) (i32.const 7) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x78)) (then (call $drop (global.get $store)))) ;; x
)";

constexpr std::string_view writing_commands = R"(
    (if (i32.eq (local.get $c) (i32.const 0x73)) ;; s
      (then (call $set (local.get $p) (local.get $one) (local.get $rest) (local.get $more) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x64)) ;; d
      (then (call $delete (local.get $p) (local.get $n) (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x61)) (then (call $apply (i32.const 32) (i32.const 2) (i32.const 256)))) ;; a
    (if (i32.eq (local.get $c) (i32.const 0x53)) ;; S
      (then (call $store_set (global.get $store) (local.get $p) (local.get $one) (local.get $rest) (local.get $more)
                             (i32.const 256))))
    (if (i32.eq (local.get $c) (i32.const 0x44)) ;; D
      (then (call $store_delete (global.get $store) (local.get $p) (local.get $n) (i32.const 256))))
)";

constexpr std::string_view clearing_command = R"(
    (if (i32.eq (local.get $c) (i32.const 0x63)) (then (call $clear (i32.const 256)))) ;; c
)";

constexpr std::string_view answer = R"(
    (i32.store (i32.const 512) (i32.const 0))
    (i32.store (i32.const 516) (i32.const 1))
    (i32.store (i32.const 520) (i32.const 0))
    (i32.store (i32.const 524) (global.get $heap))
    (i32.const 512))
)";

// The exports of `lifecycle` that need no memory: the keeper has its own.
std::string other_exports() {
  std::string exports(lifecycle_exports);
  for (const std::string_view own : {"  (memory (export", "  (func (export \"cabi_realloc"}) {
    const auto at = exports.find(own);
    exports.erase(at, exports.find('\n', at) + 1 - at);
  }
  return exports.erase(exports.find("  (func (export \"airssys:core/lifecycle@1.0.0#handle-message"));
}

}  // namespace

std::string keeper_text(Writes writes) {
  std::string text = "(module $keeper";
  text += reading_imports;
  if (writes != Writes::no) text += writing_imports;
  if (writes == Writes::and_clears) text += clearing_import;
  text += body;
  if (writes != Writes::no) text += writing_commands;
  if (writes == Writes::and_clears) text += clearing_command;
  text += answer;
  return text + other_exports() + ")";
}

Wasm keeper(Writes writes) { return encode(keeper_text(writes), wit_dir(), "component"); }

}  // namespace airssys::wasm::testing
