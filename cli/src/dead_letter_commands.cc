#include <fmt/format.h>

#include <algorithm>

#include "admin_client.h"
#include "admin_text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/core/rfc3339.h"
#include "commands.h"

namespace airssys::cli {
namespace {

constexpr Duration answer_within = std::chrono::seconds(10);

Result<wasm::AdminLetterList> list(AdminClient& client) {
  AIRSSYS_TRY(const std::string line, client.ask(wasm::AdminDeadLetters{}, answer_within));
  return wasm::parse_admin_letters(line);
}

std::string list_text(const wasm::AdminLetterList& letters, WallTime now, Paint paint) {
  std::uint64_t all = 0;
  std::string reasons, out;
  for (const auto& [reason, count] : letters.counts) {
    all += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", count, printable(reason));
  }
  if (all == 0) return "no dead letters\n";
  for (const wasm::AdminLetter& letter : letters.letters) out += letter_line(letter, now, paint);
  return out + fmt::format("{}: {}{}\n", all == 1 ? "1 dead letter" : fmt::format("{} dead letters", all), reasons,
                           letters.dropped == 0 ? "" : fmt::format("; {} older ones have made room", letters.dropped));
}

std::string letter_text(const wasm::AdminLetterContent& shown, bool for_terminal) {
  const wasm::AdminLetter& letter = shown.letter;
  std::string out = fmt::format(
      "number    {}\nat        {}\nfrom      {}\nto        {}\nkind      {}\nreason    {}\ncodec     {}\nbytes     {}\n",
      letter.number, wasm::format_rfc3339(letter.at), printable(letter.sender), printable(letter.receiver),
      printable(letter.kind), printable(letter.reason), codec_words(letter.codec), letter.bytes);
  if (shown.content) return out + "\n" + content_text(*shown.content, for_terminal);
  return out + fmt::format("contents  {}\n", letter.resent ? "sent again" : "not kept");
}

Result<> resend_one(AdminClient& client, std::uint64_t number) {
  AIRSSYS_TRY(const std::string line, client.ask(wasm::AdminResend{number}, answer_within));
  return wasm::parse_admin_done(line);
}

Result<std::vector<std::uint64_t>> numbers_to_resend(AdminClient& client, std::uint64_t number) {
  if (number > 0) return std::vector{number};
  AIRSSYS_TRY(const wasm::AdminLetterList letters, list(client));
  std::vector<std::uint64_t> numbers;
  for (const wasm::AdminLetter& letter : letters.letters)
    if (letter.kept) numbers.push_back(letter.number);
  return numbers;
}

}  // namespace

Exit perform(const DeadLettersOptions& options, const Settings& settings, Context& context) {
  auto client = AdminClient::connect(options.host, context);
  if (!client) return end_with(client.error(), admin_exit(client.error()), settings, context);
  const auto letters = list(*client);
  if (!letters) return end_with(letters.error(), admin_exit(letters.error()), settings, context);
  if (!settings.json) {
    context.console.out(list_text(*letters, context.platform.wall_now(), settings.out));
    return Exit::ok;
  }
  Json document{
      {"host", client->host().host}, {"counts", Json::object()}, {"dropped", letters->dropped}, {"letters", Json::array()}};
  for (const auto& [reason, count] : letters->counts) document["counts"][reason] = count;
  for (const wasm::AdminLetter& letter : letters->letters) document["letters"].push_back(letter_json(letter));
  context.console.out(json_text(document));
  return Exit::ok;
}

Exit perform(const DeadLetterOptions& options, const Settings& settings, Context& context) {
  auto client = AdminClient::connect(options.host, context);
  if (!client) return end_with(client.error(), admin_exit(client.error()), settings, context);
  const auto line = client->ask(wasm::AdminDeadLetter{options.number}, answer_within);
  const auto shown = line ? wasm::parse_admin_letter(*line) : std::unexpected(line.error());
  if (!shown) return end_with(shown.error(), admin_exit(shown.error()), settings, context);
  if (settings.json) {
    Json document = letter_json(shown->letter);
    document["payload"] = shown->content ? payload_json(shown->letter.codec, *shown->content) : Json(nullptr);
    context.console.out(json_text(document));
  } else {
    context.console.out(letter_text(*shown, context.console.out_is_terminal()));
  }
  return Exit::ok;
}

Exit perform(const ResendOptions& options, const Settings& settings, Context& context) {
  auto client = AdminClient::connect(options.host, context);
  if (!client) return end_with(client.error(), admin_exit(client.error()), settings, context);
  const auto numbers = numbers_to_resend(*client, options.number);
  if (!numbers) return end_with(numbers.error(), admin_exit(numbers.error()), settings, context);
  Narration narration = narration_of(settings, context.console);
  Json resent = Json::array(), failed = Json::array();
  for (const std::uint64_t number : *numbers) {
    const auto sent = resend_one(*client, number);
    if (sent) {
      resent.push_back(number);
      continue;
    }
    narration.error(sent.error(), admin_exit(sent.error()));
    Json problem = problem_json(sent.error().code(), sent.error().message());
    problem["number"] = number;
    failed.push_back(std::move(problem));
    if (!sent.error().field("connection").empty() || sent.error().code() == Code::cancelled) break;
  }
  if (settings.json)
    context.console.out(json_text({{"host", client->host().host}, {"resent", resent}, {"errors", failed}}));
  else if (failed.empty() || !resent.empty())
    context.console.out(fmt::format("sent again: {}\n", resent.size()));
  const auto problems = narration.problems();
  return problems.empty() ? Exit::ok : problems.front().exit;
}

}  // namespace airssys::cli
