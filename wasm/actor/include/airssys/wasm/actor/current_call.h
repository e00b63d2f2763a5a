// CurrentCall: what the host functions of one incarnation may know of the call of its guest that they are made in, and how they
// make its actor wait for an answer. The actor keeps it up to date; it outlives the host functions.
#pragma once
#include <chrono>

#include "airssys/rt/context.h"
#include "airssys/wasm/actor/component_message.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

// Who is told how a request ended, within a turn of the actor that asked.
class AnswerReceiver {
 public:
  virtual Result<rt::Turn> on_answer(MessageId request, Result<Bytes> answer, rt::Context& context) = 0;

 protected:
  ~AnswerReceiver() = default;
};

struct CurrentCall {
  AnswerReceiver& actor;
  rt::Context* context = nullptr;             // of the turn; null: the guest was not called yet
  const ComponentMessage* message = nullptr;  // in hand, where there is more to it than itself (ComponentMessage::more)

  // When whoever waits for the outcome of what is done now stops waiting; zero: nobody waits.
  [[nodiscard]] Instant deadline() const noexcept { return message ? message->more->deadline : Instant{}; }
};

}  // namespace airssys::wasm
