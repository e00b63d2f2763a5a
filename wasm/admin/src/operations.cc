#include "operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace airssys::wasm {
namespace {

std::string who(const AdminPeer& peer) { return fmt::format("user {}, process {}", peer.user, peer.process); }

std::string about(const AdminRequest& request) {
  struct {
    std::string operator()(const AdminSend& send) const { return send.to; }
    std::string operator()(const AdminAsk& ask) const { return ask.to; }
    std::string operator()(const AdminDeadLetters&) const { return {}; }
    std::string operator()(const AdminDeadLetter& letter) const { return fmt::to_string(letter.number); }
    std::string operator()(const AdminResend& letter) const { return fmt::to_string(letter.number); }
    std::string operator()(const AdminWatchTopics& watch) const { return watch.pattern; }
    std::string operator()(const AdminStorageList&) const { return {}; }
    std::string operator()(const AdminStorageExport& request) const {
      return fmt::format("{} to {}", request.component.empty() ? "all" : request.component, request.file);
    }
    std::string operator()(const AdminStorageDelete& request) const { return request.component; }
    std::string operator()(const AdminStorageVerify&) const { return {}; }
    std::string operator()(const AdminStorageCompact&) const { return {}; }
    std::string operator()(const AdminStorageBackup& request) const { return request.to; }
  } const of;
  return std::visit(of, request);
}

// A payload larger than the lines of this protocol, which an embedder may allow, has no answer.
std::string bounded(std::string line) {
  if (line.size() <= max_admin_line_bytes + 1) return line;
  return admin_error_line(Error(
      Code::too_large, fmt::format("the answer has {} bytes as a line; the limit is {}", line.size(), max_admin_line_bytes)));
}

}  // namespace

Result<> Operations::record(const AdminPeer& peer, const AdminRequest& request) {
  const std::string action = fmt::format("admin.{}", admin_request_name(request)), resource = about(request), rule = who(peer);
  const AuditStatus status =
      audit_.record({.action = action, .resource = resource, .decision = AuditDecision::allow, .rule = rule});
  if (status == AuditStatus::recorded) return {};
  return fail(Code::unavailable,
              fmt::format("not done, because the audit log cannot take it ({}); try again, and see the host's log",
                          audit_status_name(status)));
}

// It is refused whether that is recorded or not.
void Operations::record_refused(const AdminPeer& peer) {
  const std::string stranger = who(peer);
  [[maybe_unused]] const AuditStatus status = audit_.record({.action = "admin.connect",
                                                             .resource = stranger,
                                                             .decision = AuditDecision::deny,
                                                             .rule = "neither the host's user nor root"});
}

std::string Operations::send(const AdminSend& send) {
  const auto sent = host_.send(send.to, send.payload);
  return sent ? admin_done_line() : admin_error_line(sent.error());
}

std::string Operations::ask(const AdminAsk& ask) {
  auto answer = host_.request(ask.to, ask.payload, ask.timeout);
  return answer ? bounded(admin_answer_line(*answer)) : admin_error_line(answer.error());
}

std::string Operations::resend(const AdminResend& request) {
  const auto sent = host_.resend(request.number);
  return sent ? admin_done_line() : admin_error_line(sent.error());
}

Result<TopicTap> Operations::watch(const AdminWatchTopics& watch, std::size_t capacity) {
  return host_.watch_topics(watch.pattern, capacity);
}

AdminLetter Operations::shown(const DeadLetter& letter) const {
  return {.number = letter.number,
          .at = platform_.wall_now() - (platform_.now() - letter.at),
          .reason = std::string(dead_letter_reason_name(letter.reason)),
          .kind = std::string(message_kind_name(letter.kind)),
          .sender = letter.sender,
          .receiver = letter.receiver,
          .codec = letter.codec,
          .bytes = letter.bytes,
          .beginning = Bytes::copy_of(letter.beginning),
          .kept = letter.contents.has_value(),
          .resent = letter.resent};
}

std::string Operations::dead_letters(const AdminDeadLetters& request) const {
  const DeadLetters letters = host_.dead_letters();
  AdminLetterList list{.letters = {}, .counts = {}, .dropped = letters.dropped};
  const std::size_t count = std::min<std::size_t>(request.latest, letters.latest.size());
  list.dropped += letters.latest.size() - count;
  for (std::size_t n = letters.latest.size() - count; n < letters.latest.size(); ++n)
    list.letters.push_back(shown(letters.latest[n]));
  for (std::size_t reason = 0; reason < letters.counts.size(); ++reason)
    if (letters.counts[reason] > 0)
      list.counts.emplace(dead_letter_reason_name(static_cast<DeadLetterReason>(reason)), letters.counts[reason]);
  return bounded(admin_answer_line(list));
}

std::string Operations::dead_letter(const AdminDeadLetter& request) const {
  const DeadLetters letters = host_.dead_letters();
  const auto found = std::ranges::find(letters.latest, request.number, &DeadLetter::number);
  if (found == letters.latest.end())
    return admin_error_line(
        Error(Code::not_found, fmt::format("no dead letter {} is kept; see `airssys-wasm deadletters list`", request.number)));
  AdminLetterContent letter{.letter = shown(*found), .content = found->contents};
  if (found->contents)
    if (auto payload = decode(*found->contents)) letter.content = std::move(payload->content);
  return bounded(admin_answer_line(letter));
}

}  // namespace airssys::wasm
