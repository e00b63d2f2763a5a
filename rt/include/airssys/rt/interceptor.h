// Interceptor: what may come between a mailbox and its actor in a simulated world (testing::Faults). An executor that has none
// costs its actors a look at a pointer per turn.
#pragma once
#include <cstdint>
#include <functional>

#include "airssys/rt/types.h"

namespace airssys::rt {

// Asked within turns of the receiver. Outlives the systems of its executor.
class Interceptor {
 public:
  enum class Fate : std::uint8_t {
    deliver,
    drop,  // destroyed, counted by nobody but the interceptor
    hold,  // set aside, and given back later
  };
  struct Message {
    ActorId sender;
    ActorId receiver;
  };

  // A message's turn has come.
  [[nodiscard]] virtual Fate fate(const Message& message) noexcept = 0;
  // After Fate::hold. Calling `give_back`, once and not within a turn, brings the message to its actor, as a notice does: between
  // two messages, in the order in which they are given back. Not calling it makes the message a dead letter.
  virtual void hold(const Message& message, std::function<void()> give_back) = 0;
  // A message that was held has been handled, or is a dead letter because its actor had ended.
  virtual void over(const Message& message) noexcept = 0;
  // Asked once per turn: the actor crashes after the first message of this turn.
  [[nodiscard]] virtual bool crashes(ActorId actor) noexcept = 0;

 protected:
  ~Interceptor() = default;
};

}  // namespace airssys::rt
