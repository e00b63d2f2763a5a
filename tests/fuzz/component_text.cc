#include "component_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace airssys::fuzz {
namespace {

constexpr std::size_t functions = 4;
constexpr std::size_t deepest = 5;
constexpr std::size_t longest_text = 16 << 10;

class Writer {
 public:
  Writer(Choices& choices, World world) : choices_(choices), waits_(world == World::waiting_component) {}

  std::string module() {
    std::string functions_text;
    for (std::size_t n = 0; n < functions; ++n)
      functions_text += fmt::format("(func $f{} (type $binary) (local i32 i32)\n{} {})\n", n, statements(0), value(0));
    const std::size_t pages = 1 + choices_.below(3);
    const std::string most = choices_.one_in(4) ? fmt::format(" {}", pages + choices_.below(4)) : "";
    std::string text = "(module\n" + imports();
    text += fmt::format("(memory (export \"memory\") {}{})\n(table $t {} funcref)\n", pages, most, choices_.below(9));
    text += "(type $binary (func (param i32 i32) (result i32)))\n(global $g (mut i32) (i32.const 4096))\n";
    text += fmt::format("(elem (i32.const 0) {})\n", choices_.one_in(3) ? "$f0" : "");
    text += "(data (i32.const 16) \"peer\\00text\\ff\\fe\")\n" + functions_text + allocator();
    text += exports();
    if (choices_.one_in(8)) text += "(func $start (drop (call $f1 (i32.const 1) (i32.const 2))))(start $start)\n";
    return text + ")";
  }

 private:
  std::string imports() const {
    return fmt::format(R"(
(import "airssys:core/messaging@1.0.0" "send-message" (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:core/messaging@1.0.0" "broadcast" (func $broadcast (param i32 i32 i32 i32 i32)))
(import "airssys:core/messaging@1.0.0" "self-id" (func $self (param i32)))
(import "airssys:core/services@1.0.0" "log" (func $log (param i32 i32 i32 i32 i32)))
(import "airssys:core/services@1.0.0" "monotonic-now" (func $clock (result i64)))
{})",
                       waits_ ? R"((import "airssys:core/waiting@1.0.0" "sleep-ms" (func $sleep (param i64))))" : "");
  }

  std::string allocator() {
    const std::string head = R"((func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32 i32) )";
    switch (choices_.below(6)) {
      case 0: return head + value(2) + ")\n";
      case 1: return head + "(unreachable))\n";
      case 2: return head + fmt::format("(i32.const {}))\n", number());
      default:
        return head +
               "(local.set 4 (i32.and (i32.add (global.get $g) (i32.const 15)) (i32.const -16)))"
               "(global.set $g (i32.add (local.get 4) (local.get 3)))(local.get 4))\n";
    }
  }

  std::string exports() {
    std::string text;
    const auto add = [&](std::string_view name, std::string_view parameters) {
      text += fmt::format(
          "(func (export \"airssys:core/lifecycle@1.0.0#{}\") {} (result i32) (local i32 i32 i32 i32 i32 i32 i32 i32)\n", name,
          parameters);
      if (choices_.one_in(2)) text += fmt::format("(drop (call $f{} (i32.const 3) (i32.const 5)))", choices_.below(functions));
      // Where the answer lies, which is mostly zeros, and so "ok" and empty.
      text += choices_.one_in(3) ? value(3) + ")\n" : "(i32.const 2048))\n";
      if (choices_.one_in(3))
        text += fmt::format(
            "(func (export \"cabi_post_airssys:core/lifecycle@1.0.0#{}\") (param i32) (drop (call $f2 (local.get 0) "
            "(i32.const 0))))\n",
            name);
    };
    add("init", "(param i32 i32 i32 i32 i32 i64 i64 i64 i64 i32 i32)");
    add("handle-message", "(param i32 i32 i32 i32 i32 i64 i64 i64)");
    add("metadata", "");
    add("health", "");
    add("shutdown", "");
    add("supported-codecs", "");
    add("execute", "(param i32 i32 i64 i64 i32 i32 i64 i32 i32 i32)");
    // Its first parameters are no addresses, as the others' are.
    text +=
        "(func (export \"airssys:core/lifecycle@1.0.0#handle-callback\") (param i64 i64 i32 i32 i64 i32) (result i32) "
        "(i32.const 2048))\n";
    return text;
  }

  std::string statements(std::size_t depth) {
    std::string text;
    for (std::size_t n = 1 + choices_.below(4); n > 0; --n) text += statement(depth) + "\n";
    return text;
  }

  std::string statement(std::size_t depth) {
    if (too_large(depth)) return "(nop)";
    ++depth;
    switch (choices_.below(16)) {
      case 0: return fmt::format("(i32.store {} {})", value(depth), value(depth));
      case 1: return fmt::format("(i64.store8 {} (i64.extend_i32_s {}))", value(depth), value(depth));
      case 2: return fmt::format("(local.set {} {})", choices_.below(2), value(depth));
      case 3: return fmt::format("(global.set $g {})", value(depth));
      case 4: return fmt::format("(if {} (then {}) (else {}))", value(depth), statements(depth), statements(depth));
      case 5: return fmt::format("(loop $l {} (br_if $l {}))", statements(depth), value(depth));
      case 6: return fmt::format("(memory.fill {} {} {})", value(depth), value(depth), value(depth));
      case 7: return fmt::format("(memory.copy {} {} {})", value(depth), value(depth), value(depth));
      case 8: return "(call $send " + values(depth, 5) + ")";
      case 9: return "(call $send (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 64) (i32.const 1024))";
      case 10: return "(call $log " + values(depth, 5) + ")";
      case 11: return "(call $broadcast " + values(depth, 5) + ")";
      case 12: return fmt::format("(call $self {})", value(depth));
      case 13: return waits_ ? "(call $sleep (i64.const 1))" : "(unreachable)";
      case 14: return choices_.one_in(4) ? "(unreachable)" : "(nop)";
      default: return fmt::format("(drop {})", value(depth));
    }
  }

  std::string value(std::size_t depth) {
    if (too_large(depth)) return "(i32.const 0)";
    ++depth;
    static constexpr std::array<std::string_view, 12> binary{"add", "sub", "mul", "div_s", "div_u", "rem_s",
                                                             "and", "xor", "shl", "shr_u", "lt_s",  "eq"};
    static constexpr std::array<std::string_view, 4> loads{"load", "load8_u", "load16_s", "load"};
    switch (choices_.below(14)) {
      case 0:
      case 1: return fmt::format("(i32.const {})", number());
      case 2: return fmt::format("(local.get {})", choices_.below(2));
      case 3: return "(global.get $g)";
      case 4: return fmt::format("(i32.{} {} {})", binary[choices_.below(binary.size())], value(depth), value(depth));
      case 5: return fmt::format("(i32.{} {})", loads[choices_.below(loads.size())], value(depth));
      case 6: return fmt::format("(memory.grow {})", value(depth));
      case 7: return "(memory.size)";
      case 8: return fmt::format("(table.grow $t (ref.null func) {})", value(depth));
      case 9: return fmt::format("(call $f{} {} {})", choices_.below(functions), value(depth), value(depth));
      case 10: return fmt::format("(call_indirect $t (type $binary) {} {} {})", value(depth), value(depth), value(depth));
      case 11: return "(i32.wrap_i64 (call $clock))";
      case 12:
        return fmt::format("(i32.trunc_f64_s (f64.div (f64.convert_i32_s {}) (f64.convert_i32_u {})))", value(depth),
                           value(depth));
      default: return fmt::format("(select {} {} {})", value(depth), value(depth), value(depth));
    }
  }

  std::string values(std::size_t depth, std::size_t count) {
    std::string text;
    for (; count > 0; --count) text += value(depth) + " ";
    return text;
  }

  std::int32_t number() {
    static constexpr std::array<std::int32_t, 12> edges{0, 1, -1, 4, 16, 1024, 65535, 65536, 131064, 0x7fffffff, -0x7fffffff - 1,
                                                        -8};
    return choices_.one_in(3) ? static_cast<std::int32_t>(choices_.byte()) * 257 : edges[choices_.below(edges.size())];
  }

  bool too_large(std::size_t depth) noexcept { return depth >= deepest || choices_.used_up() || ++nodes_ * 24 > longest_text; }

  Choices& choices_;
  const bool waits_;
  std::size_t nodes_ = 0;
};

}  // namespace

std::string module_text(Choices& choices, World world) { return Writer(choices, world).module(); }

}  // namespace airssys::fuzz
