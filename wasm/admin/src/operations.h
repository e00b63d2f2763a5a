// Operations: what requests do to the host, and what is answered to each.
#pragma once
#include <functional>
#include <string>

#include "airssys/base/platform.h"
#include "airssys/wasm/admin/admin_socket.h"
#include "airssys/wasm/admin/protocol.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {

// Each answer is a line. Threads: any. All that it is made of outlives it.
class Operations {
 public:
  Operations(Host& host, AuditSink& audit, Platform& platform) : host_(host), audit_(audit), platform_(platform) {}

  // In the audit log, before it is done. unavailable: it could not be.
  [[nodiscard]] Result<> record(const AdminPeer& peer, const AdminRequest& request);
  void record_refused(const AdminPeer& peer);

  [[nodiscard]] std::string send(const AdminSend& send);
  [[nodiscard]] std::string dead_letters(const AdminDeadLetters& request) const;
  [[nodiscard]] std::string dead_letter(const AdminDeadLetter& request) const;
  [[nodiscard]] std::string resend(const AdminResend& request);
  // Blocks until the answer is there.
  [[nodiscard]] std::string ask(const AdminAsk& ask);
  // Work on what components keep. Blocks until it is done, or `wanted` says that nobody wants it any more.
  [[nodiscard]] std::string work_on_storage(const AdminRequest& request, const std::function<bool()>& wanted);
  [[nodiscard]] Result<TopicTap> watch(const AdminWatchTopics& watch, std::size_t capacity);

 private:
  [[nodiscard]] AdminLetter shown(const DeadLetter& letter) const;

  Host& host_;
  AuditSink& audit_;
  Platform& platform_;
};

}  // namespace airssys::wasm
