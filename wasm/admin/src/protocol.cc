#include "airssys/wasm/admin/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "airssys/base/text.h"
#include "airssys/wasm/core/base64.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/storage/transfer.h"
#include "json_fields.h"

namespace airssys::wasm {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, std::variant_size_v<AdminRequest>> request_names{
    "send",         "request",        "dead-letters",   "dead-letter",    "resend",          "watch-topics",
    "storage-list", "storage-export", "storage-delete", "storage-verify", "storage-compact", "storage-backup"};
constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t max_text = 4096;         // of words in answers
constexpr std::size_t max_error_text = 65536;  // words of a guest, or all that is wrong with a manifest
constexpr std::size_t max_target = ComponentAddress::max_bytes + 1;  // what is longer is refused where addresses are read
constexpr std::size_t max_pattern = 1024;
constexpr std::size_t max_op = 64;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string time_text(WallTime time) {
  std::string text = format_rfc3339(time);
  const auto part = floor<milliseconds>(time) - floor<std::chrono::seconds>(time);
  text.back() = '.';
  return fmt::format("{}{:03}Z", text, floor<milliseconds>(part).count());
}

Json codec_json(const std::optional<std::uint64_t>& codec) { return codec ? Json(codec_text(*codec)) : Json(nullptr); }

Json payload_json(const Payload& payload) {
  return {{"codec", codec_text(payload.codec)}, {"payload", to_base64(payload.content.span())}};
}

Json letter_json(const AdminLetter& letter) {
  return {{"number", letter.number},
          {"at", time_text(letter.at)},
          {"reason", letter.reason},
          {"kind", letter.kind},
          {"sender", letter.sender},
          {"receiver", letter.receiver},
          {"codec", codec_json(letter.codec)},
          {"bytes", letter.bytes},
          {"beginning", to_base64(letter.beginning.span())},
          {"kept", letter.kept},
          {"resent", letter.resent}};
}

AdminLetter letter_of(JsonFields& fields) {
  AdminLetter letter;
  letter.number = fields.number("number", 1, any_number);
  letter.at = fields.time("at");
  letter.reason = fields.text("reason", max_text);
  letter.kind = fields.text("kind", max_text);
  letter.sender = fields.text("sender", max_text);
  letter.receiver = fields.text("receiver", max_text);
  letter.codec = fields.codec_or_null("codec");
  letter.bytes = fields.number("bytes", 0, any_number);
  letter.beginning = fields.base64("beginning");
  letter.kept = fields.flag("kept");
  letter.resent = fields.flag("resent");
  return letter;
}

std::string ok_line(Json answer) { return json_line({{"ok", std::move(answer)}}); }

Error in(std::string_view what, Error error) { return std::move(error).within(what); }

Payload payload_of(JsonFields& fields) {
  Payload payload;
  if (fields.has("codec")) payload.codec = fields.known_codec("codec");
  payload.content = fields.base64("payload");
  return payload;
}

AdminRequest send_of(JsonFields& fields) {
  AdminSend send{.to = fields.text("to", max_target), .payload = {}};
  send.payload = payload_of(fields);
  return send;
}

AdminRequest ask_of(JsonFields& fields) {
  AdminAsk ask{.to = fields.text("to", max_target), .payload = {}};
  ask.payload = payload_of(fields);
  const auto most = static_cast<std::uint64_t>(duration_cast<milliseconds>(max_admin_timeout).count());
  if (fields.has("timeout_ms")) ask.timeout = milliseconds(fields.number("timeout_ms", 1, most));
  return ask;
}

AdminRequest request_of(std::size_t op, JsonFields& fields) {
  switch (op) {
    case 0: return send_of(fields);
    case 1: return ask_of(fields);
    case 2: {
      AdminDeadLetters letters;
      if (fields.has("latest")) letters.latest = static_cast<std::uint32_t>(fields.number("latest", 1, max_admin_letters));
      return letters;
    }
    case 3: return AdminDeadLetter{fields.number("number", 1, any_number)};
    case 4: return AdminResend{fields.number("number", 1, any_number)};
    case 5: return AdminWatchTopics{fields.text("pattern", max_pattern)};
    case 6: return AdminStorageList{};
    case 7: {
      AdminStorageExport request;
      if (fields.has("component")) request.component = fields.text("component", max_target);
      request.file = fields.text("file", max_text);
      return request;
    }
    case 8: return AdminStorageDelete{fields.text("component", max_target)};
    case 9: return AdminStorageVerify{};
    case 10: return AdminStorageCompact{};
    default: return AdminStorageBackup{fields.text("to", max_text)};
  }
}

Code code_of(std::string_view name) {
  for (unsigned code = 1; code <= std::numeric_limits<std::uint8_t>::max(); ++code)
    if (code_name(static_cast<Code>(code)) == name) return static_cast<Code>(code);
  return Code::internal;
}

// The error that the line carries.
Result<> error_of(const Json& error) {
  JsonFields fields(error);
  const std::string code = fields.text("code", max_text), message = fields.text("message", max_error_text);
  AIRSSYS_TRY_VOID(fields.done());
  return fail(code_of(code), message);
}

// What stands under "ok".
Result<Json> ok_of(std::string_view line) {
  AIRSSYS_TRY(Json document, parse_json_line(line));
  JsonFields fields(document);
  if (fields.has("error")) {
    const Json& error = fields.object("error");
    AIRSSYS_TRY_VOID(fields.done());
    AIRSSYS_TRY_VOID(error_of(error));
  }
  Json ok = fields.object("ok");
  AIRSSYS_TRY_VOID(fields.done());
  return ok;
}

Result<AdminRequest> read_request(std::string_view line) {
  AIRSSYS_TRY(const Json document, parse_json_line(line));
  JsonFields fields(document);
  const std::string op = fields.text("op", max_op);
  const auto known = std::ranges::find(request_names, op);
  if (known == request_names.end()) {
    if (op.empty()) AIRSSYS_TRY_VOID(fields.done());
    const std::string_view near = nearest(op, request_names);
    return fail(Code::invalid_argument, fmt::format("'op' is {}, which is no request{}", airssys::quoted(op),
                                                    near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  AdminRequest request = request_of(static_cast<std::size_t>(known - request_names.begin()), fields);
  AIRSSYS_TRY_VOID(fields.done());
  return request;
}

}  // namespace

std::string_view admin_request_name(const AdminRequest& request) noexcept { return request_names[request.index()]; }

std::string admin_line(const AdminGreeting& greeting) {
  return json_line({{"airssys-admin", greeting.version},
                    {"host", greeting.host},
                    {"process", greeting.process},
                    {"program", greeting.program}});
}

std::string admin_line(const AdminRequest& request) {
  Json line{{"op", admin_request_name(request)}};
  const auto number = [&](const auto& one) { line["number"] = one.number; };
  std::visit(
      Overloaded{[&](const AdminSend& send) {
                   line["to"] = send.to;
                   line.update(payload_json(send.payload));
                 },
                 [&](const AdminAsk& ask) {
                   line["to"] = ask.to;
                   line.update(payload_json(ask.payload));
                   line["timeout_ms"] = ceil<milliseconds>(ask.timeout).count();
                 },
                 [&](const AdminDeadLetters& letters) { line["latest"] = letters.latest; },
                 [&](const AdminDeadLetter& letter) { number(letter); }, [&](const AdminResend& letter) { number(letter); },
                 [&](const AdminWatchTopics& watch) { line["pattern"] = watch.pattern; },
                 [&](const AdminStorageExport& one) {
                   if (!one.component.empty()) line["component"] = one.component;
                   line["file"] = one.file;
                 },
                 [&](const AdminStorageDelete& one) { line["component"] = one.component; },
                 [&](const AdminStorageBackup& one) { line["to"] = one.to; }, [](const auto&) {}},
      request);
  return json_line(line);
}

std::string admin_line(const AdminEvent& event) {
  return json_line(std::visit(
      Overloaded{[](const AdminPublished& one) -> Json {
                   return {{"event", "published"},
                           {"at", time_text(one.at)},
                           {"topic", one.topic},
                           {"publisher", one.publisher},
                           {"codec", codec_json(one.codec)},
                           {"bytes", one.bytes},
                           {"payload", to_base64(one.content.span())}};
                 },
                 [](const AdminMissed& missed) -> Json { return {{"event", "missed"}, {"messages", missed.messages}}; }},
      event));
}

std::string admin_done_line() { return ok_line(Json::object()); }

std::string admin_answer_line(const Payload& payload) { return ok_line(payload_json(payload)); }

std::string admin_answer_line(const AdminLetterList& letters) {
  Json list = Json::array(), counts = Json::object();
  for (const AdminLetter& letter : letters.letters) list.push_back(letter_json(letter));
  for (const auto& [reason, count] : letters.counts) counts[reason] = count;
  return ok_line({{"letters", std::move(list)}, {"counts", std::move(counts)}, {"dropped", letters.dropped}});
}

std::string admin_answer_line(const AdminLetterContent& letter) {
  Json answer = letter_json(letter.letter);
  if (letter.content) answer["payload"] = to_base64(letter.content->span());
  return ok_line(std::move(answer));
}

std::string admin_answer_line(const AdminStorageAccounts& accounts) {
  Json list = Json::array();
  for (const AdminStorageAccount& one : accounts.accounts)
    list.push_back({{"component", one.component}, {"keys", one.keys}, {"bytes", one.bytes}, {"quota", one.quota}});
  return ok_line({{"backend", accounts.backend},
                  {"disk_bytes", accounts.disk_bytes},
                  {"accounts", std::move(list)},
                  {"dropped", accounts.dropped}});
}

std::string admin_answer_line(const AdminStorageDone& done) {
  return ok_line({{"keys", done.keys}, {"bytes", done.bytes}, {"sha256", done.sha256}});
}

std::string admin_answer_line(const AdminStorageCompacted& compacted) {
  return ok_line({{"before", compacted.before}, {"after", compacted.after}});
}

std::string admin_answer_line(const AdminStorageVerified& verified) {
  return ok_line({{"backend", verified.backend},
                  {"stores", verified.stores},
                  {"keys", verified.keys},
                  {"bytes", verified.bytes},
                  {"sha256", verified.sha256},
                  {"problems", verified.problems},
                  {"more_problems", verified.more_problems}});
}

std::string admin_error_line(const Error& error) {
  const std::string& message = error.message();
  const std::string_view shown = std::string_view(message).substr(0, utf8_prefix(message.substr(0, max_error_text)));
  return json_line({{"error", {{"code", code_name(error.code())}, {"message", shown}}}});
}

Result<AdminRequest> parse_admin_request(std::string_view line) {
  auto request = read_request(line);
  if (!request) return std::unexpected(in("request", std::move(request).error()));
  return request;
}

Result<AdminGreeting> parse_admin_greeting(std::string_view line) {
  AIRSSYS_TRY(const Json document, parse_json_line(line));
  JsonFields fields(document);
  if (fields.has("error")) {
    AIRSSYS_TRY_VOID(error_of(fields.object("error")));
  }
  AdminGreeting greeting;
  greeting.version = static_cast<std::uint32_t>(fields.number("airssys-admin", 1, std::numeric_limits<std::uint32_t>::max()));
  if (greeting.version != admin_protocol_version && fields.has("airssys-admin"))
    return fail(Code::unavailable,
                fmt::format("the host speaks version {} of the admin protocol, this program version {}; use the "
                            "program that the host was started with",
                            greeting.version, admin_protocol_version));
  greeting.host = fields.text("host", max_text);
  greeting.process = static_cast<std::int64_t>(fields.number("process", 1, std::numeric_limits<std::int32_t>::max()));
  greeting.program = fields.text("program", max_text);
  AIRSSYS_TRY_VOID(fields.done());
  return greeting;
}

Result<> parse_admin_done(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  return JsonFields(ok).done();
}

Result<Payload> parse_admin_payload(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  Payload payload;
  payload.codec = fields.any_codec("codec");
  payload.content = fields.base64("payload");
  AIRSSYS_TRY_VOID(fields.done());
  return payload;
}

Result<AdminLetterList> parse_admin_letters(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminLetterList list;
  for (const Json& item : fields.array("letters", max_admin_letters)) {
    JsonFields of_letter(item);
    list.letters.push_back(letter_of(of_letter));
    AIRSSYS_TRY_VOID(of_letter.done());
  }
  const Json& counts = fields.object("counts");
  JsonFields of_counts(counts);
  for (auto count = counts.begin(); count != counts.end(); ++count)
    list.counts.emplace(count.key(), of_counts.number(count.key().c_str(), 0, any_number));
  AIRSSYS_TRY_VOID(of_counts.done());
  list.dropped = fields.number("dropped", 0, any_number);
  AIRSSYS_TRY_VOID(fields.done());
  return list;
}

Result<AdminLetterContent> parse_admin_letter(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminLetterContent letter{.letter = letter_of(fields), .content = {}};
  if (fields.has("payload")) letter.content = fields.base64("payload");
  AIRSSYS_TRY_VOID(fields.done());
  return letter;
}

Result<AdminStorageAccounts> parse_admin_storage_accounts(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminStorageAccounts read{
      .backend = fields.text("backend", max_op), .disk_bytes = fields.number("disk_bytes", 0, any_number), .accounts = {}};
  for (const Json& item : fields.array("accounts", max_admin_accounts)) {
    JsonFields account(item);
    read.accounts.push_back({.component = account.text("component", max_text),
                             .keys = account.number("keys", 0, any_number),
                             .bytes = account.number("bytes", 0, any_number),
                             .quota = account.number("quota", 0, any_number)});
    AIRSSYS_TRY_VOID(account.done());
  }
  read.dropped = fields.number("dropped", 0, any_number);
  AIRSSYS_TRY_VOID(fields.done());
  return read;
}

Result<AdminStorageDone> parse_admin_storage_done(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminStorageDone done{.keys = fields.number("keys", 0, any_number),
                        .bytes = fields.number("bytes", 0, any_number),
                        .sha256 = fields.text("sha256", max_op)};
  AIRSSYS_TRY_VOID(fields.done());
  return done;
}

Result<AdminStorageCompacted> parse_admin_storage_compacted(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminStorageCompacted done{.before = fields.number("before", 0, any_number), .after = fields.number("after", 0, any_number)};
  AIRSSYS_TRY_VOID(fields.done());
  return done;
}

Result<AdminStorageVerified> parse_admin_storage_verified(std::string_view line) {
  AIRSSYS_TRY(const Json ok, ok_of(line));
  JsonFields fields(ok);
  AdminStorageVerified read{.backend = fields.text("backend", max_op),
                            .stores = fields.number("stores", 0, any_number),
                            .keys = fields.number("keys", 0, any_number),
                            .bytes = fields.number("bytes", 0, any_number),
                            .sha256 = fields.text("sha256", max_op),
                            .problems = {},
                            .more_problems = fields.number("more_problems", 0, any_number)};
  for (const Json& problem : fields.array("problems", VerifyReport::max_problems)) {
    if (!problem.is_string()) return fail(Code::invalid_argument, "'problems' has what is no string");
    read.problems.push_back(problem.get<std::string>());
  }
  AIRSSYS_TRY_VOID(fields.done());
  return read;
}

Result<AdminEvent> parse_admin_event(std::string_view line) {
  AIRSSYS_TRY(const Json document, parse_json_line(line));
  JsonFields fields(document);
  const std::string event = fields.text("event", max_op);
  AdminEvent read;
  if (event == "missed") {
    read = AdminMissed{fields.number("messages", 1, any_number)};
  } else if (event == "published") {
    AdminPublished one;
    one.at = fields.time("at");
    one.topic = fields.text("topic", max_text);
    one.publisher = fields.text("publisher", max_text);
    one.codec = fields.codec_or_null("codec");
    one.bytes = fields.number("bytes", 0, any_number);
    one.content = fields.base64("payload");
    read = std::move(one);
  } else {
    AIRSSYS_TRY_VOID(fields.done());
    return fail(Code::invalid_argument, fmt::format("'event' is {}, which is none", airssys::quoted(event)));
  }
  AIRSSYS_TRY_VOID(fields.done());
  return read;
}

}  // namespace airssys::wasm
