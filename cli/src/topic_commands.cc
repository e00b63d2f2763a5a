#include <fmt/format.h>

#include "admin_client.h"
#include "admin_text.h"
#include "commands.h"

namespace airssys::cli {
namespace {

constexpr Duration answer_within = std::chrono::seconds(10);
// How long one wait lasts at most: the delay with which a reader that went away is seen.
constexpr Duration slice = std::chrono::milliseconds(50);

void show(const wasm::AdminEvent& event, const Settings& settings, Context& context, Narration& narration) {
  if (settings.json) {
    context.console.out(event_json(event).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  } else if (const auto* const missed = std::get_if<wasm::AdminMissed>(&event)) {
    narration.warning(fmt::format("{} messages came faster than they could be shown, so far", missed->messages));
  } else {
    context.console.out(event_line(std::get<wasm::AdminPublished>(event), settings.out));
  }
}

}  // namespace

Exit perform(const WatchTopicsOptions& options, const Settings& settings, Context& context) {
  auto client = AdminClient::connect(options.host, context);
  if (!client) return end_with(client.error(), admin_exit(client.error()), settings, context);
  const auto line = client->ask(wasm::AdminWatchTopics{options.pattern}, answer_within);
  const auto begun = line ? wasm::parse_admin_done(*line) : std::unexpected(line.error());
  if (!begun) return end_with(begun.error(), admin_exit(begun.error()), settings, context);
  Narration narration = narration_of(settings, context.console);
  narration.hint(fmt::format("watching {} of {}; Ctrl-C ends it", printable(options.pattern), printable(client->host().host)));
  while (!context.console.broken()) {
    const auto next = client->next(slice);
    if (!next) {
      // Ctrl-C, or the host has done its work: either is the end that is waited for.
      if (next.error().code() != Code::cancelled) narration.hint(next.error().message());
      return Exit::ok;
    }
    if (!*next) continue;
    const auto event = wasm::parse_admin_event(**next);
    if (!event) return end_with(event.error(), settings, context);
    show(*event, settings, context, narration);
  }
  return Exit::ok;
}

}  // namespace airssys::cli
