// What `run` says after its table, when there is something to say: the supervision tree, and what nobody handled.
#pragma once
#include <cstddef>
#include <string>

#include "airssys/wasm/host/host.h"
#include "paint.h"

namespace airssys::cli {

// A line for each node, the root's first. Empty when it would say no more than the table: one level, of which nothing was
// restarted, is unhealthy or has ended before its time.
[[nodiscard]] std::string supervision_tree(const wasm::SupervisionNode& root, Paint paint);

// How many, by reason, and a line for each of the latest `most`; `begin` is when the run did. Empty when there were none.
[[nodiscard]] std::string dead_letter_lines(const wasm::DeadLetters& letters, Instant begin, std::size_t most, Paint paint);

// "splitter" for "default/splitter/main"; what is no address, as it is.
[[nodiscard]] std::string short_text_of(const std::string& text);

}  // namespace airssys::cli
