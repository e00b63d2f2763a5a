// Guests for tests: core modules as text, made into components by the bridge itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace airssys::wasm::testing {

using Wasm = std::vector<std::uint8_t>;

// A component that obeys the first byte of a payload; the rest is the command's argument.
//   e  answer with the argument            n  answer without a payload
//   x  answer the error `failed(argument)` k  answer how many messages came, as one byte
//   y  answer 1 when memory above 4096 holds anything but zeros, else 0
//   u  unreachable     z  divide by zero   v  convert a number that is none    o  load out of bounds
//   c  call a null function                r  recurse for ever                 s  spin for ever
//   p  spin argument[0] * 1000 rounds, then answer without a payload
//   g  grow memory by argument[0] pages, answer with what memory.grow gave, as one byte
//   G  the same, and unreachable when it was refused
//   t  send the argument to "peer"; answer 0 or 1 + the case of the error, and its text
//   B  send the argument to "peer" argument[0] times, then answer without a payload
//   b  broadcast the argument to "peer" and "other"; answer 0 or 1 + case for each
//   T  send the argument to "peer", then spin for ever
//   l  log the argument at level info, with the field "key" = "value"
//   i  answer with the own address         q  answer with current-time (12 bytes) and monotonic-now (8 bytes)
//   a  answer with a list that ends far outside of memory
//   j  send a target that is not UTF-8
//   w  sleep argument[0] milliseconds, then answer without a payload (only when it waits)
// `init` answers ok, or `already-initialized` the second time; `health` is degraded because of "text"; `shutdown` fails with
// `shutdown-failed("text")`; `metadata` says something of everything; `supported-codecs` are borsh and json; `execute` answers
// the lengths of what it got when it is traced, else fails; `handle-callback` makes the payload's length the count of messages.
enum class Waits { no, yes };
std::string puppet_text(Waits waits);

// The encoded puppet, of the world `component` or `waiting-component`.
Wasm puppet(Waits waits = Waits::no);

// A component that uses storage as the first byte of a payload says, in its own store or, in capitals, in the one that it opened
// last, and answers with all its memory: what a function answered stands at 256, as the canonical ABI lays it out.
//   g  get the argument    h  has the argument    d  delete the argument    s  set argument[0] to the rest
//   k  keys                p  scan-prefix: the prefix is argument[0], the cursor the rest, or none; the limit is 7
//   a  apply set("k", "v") and delete("x")        u  usage                  c  clear
//   o  open the argument   x  drop the handle of that store, and remember it
// Without writes it imports none of `set`, `delete`, `apply`, and `clear` only where it clears as well.
enum class Writes { no, yes, and_clears };
std::string keeper_text(Writes writes = Writes::yes);
Wasm keeper(Writes writes = Writes::yes);

// The exports of `lifecycle` and what encoding needs, in a module that imports nothing and answers ok. Text to stand in a module.
extern const std::string_view lifecycle_exports;

// A component of the world `component-min`: what it exports answers ok, metadata says nothing.
Wasm minimal();

// Encodes `text`, and fails the test when that is impossible.
Wasm encode(std::string_view text, std::string_view wit_dir, std::string_view world);

// A folder with these files (path → content), removed at the end of the program.
std::string folder(const std::map<std::string, std::string>& files);

// The text of the repository's core.wit, with `from` replaced by `to`.
std::string core_wit(std::string_view from = {}, std::string_view to = {});
std::string wit_dir();

// Puts a module with a memory of its own into a component.
Wasm with_second_memory(const Wasm& component, std::uint8_t pages);

}  // namespace airssys::wasm::testing
