#include "tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "table.h"

namespace airssys::cli {
namespace {

using wasm::ComponentHealth;
using wasm::ComponentState;
using wasm::SupervisionNode;

constexpr std::size_t max_error_shown = 100;
constexpr std::size_t max_beginning_shown = 40;

bool happened(const SupervisionNode& node) {
  return node.restarts > 0 || node.health != ComponentHealth::healthy || node.state == ComponentState::given_up ||
         node.state == ComponentState::failed;
}

bool is_supervisor(const SupervisionNode& node) { return node.kind == SupervisionNode::Kind::supervisor; }

std::string words_of(const SupervisionNode& node, Paint paint) {
  std::string words = is_supervisor(node) ? paint(Colour::dim, restart_strategy_name(node.strategy)) : std::string();
  const auto add = [&](std::string_view word) { words += (words.empty() ? "" : ", ") + std::string(word); };
  add(paint(state_colour(node.state), component_state_name(node.state)));
  if (node.health != ComponentHealth::healthy) add(paint(Colour::yellow, component_health_name(node.health)));
  if (node.restarts > 0) add(fmt::format("{} restart{}", node.restarts, node.restarts == 1 ? "" : "s"));
  // The error is worth its room where it is why something ended.
  if ((node.state == ComponentState::given_up || node.state == ComponentState::failed) && !node.last_error.empty())
    words += fmt::format(": {}", airssys::printable(node.last_error, max_error_shown));
  return words;
}

// As deep as supervisors may be.
void draw(const SupervisionNode& node, const std::string& margin, std::string_view branch, std::string_view below, Paint paint,
          std::string& out) {
  out += fmt::format("{}{}{}  {}\n", margin, branch, paint(Colour::bold, node.name), words_of(node, paint));
  const std::string inner = margin + std::string(below);
  for (const SupervisionNode& child : node.children) {
    const bool last = &child == &node.children.back() && node.more_children == 0;
    draw(child, inner, last ? "└─ " : "├─ ", last ? "   " : "│  ", paint, out);
  }
  if (node.more_children > 0) out += fmt::format("{}└─ and {} more\n", inner, node.more_children);
}

}  // namespace

std::string short_text_of(const std::string& text) {
  const auto address = wasm::ComponentAddress::parse(text);
  return address ? std::string(address->short_text()) : text;
}

std::string supervision_tree(const SupervisionNode& root, Paint paint) {
  const auto is_worth_it = [](const SupervisionNode& node) {
    return is_supervisor(node) || !node.children.empty() || happened(node);
  };
  if (!std::ranges::any_of(root.children, is_worth_it)) return {};
  std::string out;
  draw(root, "", "", "", paint, out);
  return out;
}

std::string dead_letter_lines(const wasm::DeadLetters& letters, Instant begin, std::size_t most, Paint paint) {
  std::uint64_t all = 0;
  std::string reasons;
  for (std::size_t reason = 0; reason < letters.counts.size(); ++reason) {
    if (letters.counts[reason] == 0) continue;
    all += letters.counts[reason];
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", letters.counts[reason],
                           dead_letter_reason_name(static_cast<wasm::DeadLetterReason>(reason)));
  }
  if (all == 0) return {};
  const std::size_t shown = std::min(most, letters.latest.size());
  std::string out =
      fmt::format("{} {}{}\n", paint(Colour::yellow, all == 1 ? "1 dead letter:" : fmt::format("{} dead letters:", all)), reasons,
                  shown < all ? fmt::format("; the latest {}:", shown) : "");
  for (std::size_t n = letters.latest.size() - shown; n < letters.latest.size(); ++n) {
    const wasm::DeadLetter& letter = letters.latest[n];
    const bool cut = letter.bytes > max_beginning_shown && !letter.beginning.empty();
    out += fmt::format(
        "  {:>8.3f}  {} -> {}  {}, {} {}{}{}{}\n", std::chrono::duration<double>(letter.at - begin).count(),
        short_text_of(letter.sender), short_text_of(letter.receiver), dead_letter_reason_name(letter.reason),
        format_size(letter.bytes), letter.codec ? wasm::codec_text(*letter.codec) : "of no codec",
        letter.beginning.empty() ? "" : ": ",
        airssys::printable(std::string_view(letter.beginning).substr(0, max_beginning_shown), 4 * max_beginning_shown),
        cut ? "..." : "");
  }
  return out;
}

}  // namespace airssys::cli
