#include <fmt/format.h>

#include <array>

#include "admin_client.h"
#include "admin_text.h"
#include "airssys/base/units.h"
#include "commands.h"
#include "files.h"

namespace airssys::cli {
namespace {

constexpr std::size_t max_payload_bytes = 1 << 20;  // of a message (X.25)
// What the way there and back may take beside the wait for the component.
constexpr Duration slack = std::chrono::seconds(5);

Result<Bytes> read_input(Context& context) {
  std::string all;
  std::array<char, 65536> piece;
  for (;;) {
    if (context.interrupt.requested()) return fail(Code::cancelled, "interrupted");
    AIRSSYS_TRY(const Input input, context.console.read(piece, std::chrono::milliseconds(50)));
    if (input.state == Input::State::end) return Bytes::copy_of(all);
    all.append(piece.data(), input.bytes);
    if (all.size() > max_payload_bytes)
      return fail(Code::too_large, fmt::format("more than {}, the largest message", format_size(max_payload_bytes)));
  }
}

Result<Bytes> content_of(const std::string& payload, Context& context) {
  if (payload == "-") {
    auto input = read_input(context);
    if (!input) return std::unexpected(std::move(input).error().within("standard input"));
    return input;
  }
  if (payload.starts_with('@')) return read_file(payload.substr(1), max_payload_bytes);
  return Bytes::copy_of(payload);
}

Exit send(const SendMessageOptions& options, wasm::Payload payload, const Settings& settings, Context& context,
          AdminClient& client) {
  const Bytes content = payload.content;
  const auto line = client.ask(wasm::AdminSend{options.to, std::move(payload)}, slack);
  const auto done = line ? wasm::parse_admin_done(*line) : std::unexpected(line.error());
  if (!done) return end_with(done.error(), admin_exit(done.error()), settings, context);
  if (settings.json)
    context.console.out(json_text({{"host", client.host().host},
                                   {"to", options.to},
                                   {"codec", wasm::codec_text(options.codec)},
                                   {"bytes", content.size()}}));
  else
    context.console.out(fmt::format("sent {} to {}\n", format_size(content.size()), printable(options.to)));
  return Exit::ok;
}

Exit request(const SendMessageOptions& options, wasm::Payload payload, const Settings& settings, Context& context,
             AdminClient& client) {
  const auto line = client.ask(wasm::AdminAsk{options.to, std::move(payload), options.timeout}, options.timeout + slack);
  const auto answer = line ? wasm::parse_admin_payload(*line) : std::unexpected(line.error());
  if (!answer) return end_with(answer.error(), admin_exit(answer.error()), settings, context);
  if (settings.json)
    context.console.out(
        json_text({{"host", client.host().host}, {"to", options.to}, {"answer", payload_json(answer->codec, answer->content)}}));
  else
    context.console.out(content_text(answer->content, context.console.out_is_terminal()));
  return Exit::ok;
}

}  // namespace

Exit perform(const SendMessageOptions& options, const Settings& settings, Context& context) {
  auto content = content_of(options.payload, context);
  if (!content) return end_with(content.error(), settings, context);
  auto client = AdminClient::connect(options.host, context);
  if (!client) return end_with(client.error(), admin_exit(client.error()), settings, context);
  wasm::Payload payload{*std::move(content), options.codec};
  return options.request ? request(options, std::move(payload), settings, context, *client)
                         : send(options, std::move(payload), settings, context, *client);
}

}  // namespace airssys::cli
