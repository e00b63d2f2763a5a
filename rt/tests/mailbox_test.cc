#include "airssys/rt/mailbox.h"

#include <vector>

#include "world.h"

namespace airssys::rt {
namespace {

struct Numbers {
  explicit Numbers(std::uint32_t capacity) : mailbox(capacity, node_size_of<int>, 0) {}
  ~Numbers() {
    while (mailbox.pop()) {}
  }
  Mailbox::Admission put(int n) {
    Mailbox::Word before;
    const auto admission = mailbox.reserve(before);
    if (admission == Mailbox::Admission::granted)
      mailbox.push(*::new (allocate_node(node_size_of<int>, sizeof(MessageNode<int>))) MessageNode<int>({}, std::move(n)));
    return admission;
  }
  std::vector<int> take_all() {
    std::vector<int> all;
    while (Envelope* node = mailbox.pop()) all.push_back(static_cast<MessageNode<int>*>(node)->payload);
    return all;
  }
  Mailbox mailbox;
};

TEST(Mailbox, RefusesTheMessageThatWouldExceedItsCapacity) {
  for (std::uint32_t capacity : {1u, 2u, 3u, 64u, 1000u}) {
    Numbers sut(capacity);
    for (std::uint32_t n = 0; n < capacity; ++n) ASSERT_EQ(sut.put(static_cast<int>(n)), Mailbox::Admission::granted) << n;
    EXPECT_EQ(sut.put(-1), Mailbox::Admission::full);
    EXPECT_EQ(sut.mailbox.waiting(), capacity);
    ASSERT_NE(sut.mailbox.pop(), nullptr);
    EXPECT_EQ(sut.put(-2), Mailbox::Admission::granted) << "a place became free";
    EXPECT_EQ(sut.put(-3), Mailbox::Admission::full);
  }
}

TEST(Mailbox, GivesMessagesInTheOrderTheyCame) {
  Numbers sut(10);
  for (int round = 0; round < 100; ++round) {
    for (int n = 0; n < 7; ++n) ASSERT_EQ(sut.put(n), Mailbox::Admission::granted);
    EXPECT_EQ(sut.take_all(), (std::vector{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_TRUE(sut.mailbox.drained());
  }
}

TEST(Mailbox, KeepsWhatWasAcceptedAndRefusesTheRestOnceClosed) {
  Numbers sut(10);
  ASSERT_EQ(sut.put(1), Mailbox::Admission::granted);
  sut.mailbox.close();
  EXPECT_EQ(sut.put(2), Mailbox::Admission::closed);
  EXPECT_FALSE(sut.mailbox.drained());
  EXPECT_EQ(sut.take_all(), std::vector{1});
  EXPECT_TRUE(sut.mailbox.drained());
}

TEST(Mailbox, ShowsAReservationThatIsNotLinkedYet) {
  Numbers sut(10);
  Mailbox::Word before;
  ASSERT_EQ(sut.mailbox.reserve(before), Mailbox::Admission::granted);
  EXPECT_EQ(sut.mailbox.pop(), nullptr);
  EXPECT_FALSE(sut.mailbox.drained()) << "its sender is on the way";
  sut.mailbox.push(*::new (allocate_node(node_size_of<int>, sizeof(MessageNode<int>))) MessageNode<int>({}, 5));
  EXPECT_EQ(sut.take_all(), std::vector{5});
}

TEST(Mailbox, KeepsItsBoundOverManyRounds) {
  Numbers sut(3);
  for (std::uint32_t n = 0; n < 100'000; ++n) {
    ASSERT_EQ(sut.put(1), Mailbox::Admission::granted);
    ASSERT_NE(sut.mailbox.pop(), nullptr);
  }
  EXPECT_EQ(sut.mailbox.taken(), 100'000u);
  EXPECT_EQ(sut.mailbox.waiting(), 0u);
}

TEST(NodeCache, ReusesNodesAndKeepsBoundedChains) {
  NodeDepot depot;
  NodeCache producer(depot);
  NodeCache consumer(depot);
  std::vector<void*> nodes;
  for (int round = 0; round < 10; ++round) {  // what one thread allocates another frees, for ever
    for (std::size_t n = 0; n < 10 * NodeDepot::chain_length; ++n) nodes.push_back(producer.take(0));
    for (void* node : nodes) consumer.give(0, node);
    nodes.clear();
  }
  const FreeChain chain = depot.take(0);
  EXPECT_EQ(chain.length, NodeDepot::chain_length) << "the consumer hands full chains to the depot";
  depot.give(0, chain);
}

TEST(NodeCache, FreesWhatTheDepotHasNoRoomFor) {
  NodeDepot depot;
  NodeCache consumer(depot);
  const std::size_t more = (NodeDepot::max_chains + 10) * NodeDepot::chain_length;
  for (std::size_t n = 0; n < more; ++n) consumer.give(0, ::operator new(node_sizes[0]));
  std::size_t chains = 0;
  std::vector<FreeChain> kept;
  for (FreeChain chain = depot.take(0); chain.first; chain = depot.take(0)) {
    ++chains;
    kept.push_back(chain);
  }
  EXPECT_EQ(chains, NodeDepot::max_chains);
  for (const FreeChain& chain : kept) depot.give(0, chain);
}

TEST(NodeCache, ChoosesTheSmallestSizeThatFits) {
  EXPECT_EQ(node_size_for(1), 0);
  EXPECT_EQ(node_size_for(56), 0);
  EXPECT_EQ(node_size_for(57), 1);
  EXPECT_EQ(node_size_for(248), 2);
  EXPECT_EQ(node_size_for(249), heap_node);
}

TEST(Send, ToAFullMailboxIsExhaustedNamesTheLimitAndIsCounted) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "small", .mailbox_capacity = 2}, strings);
  ASSERT_TRUE(actor.send(nothing()));
  ASSERT_TRUE(actor.send(nothing()));
  const auto refused = actor.send(nothing());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_NE(refused.error().message().find("'small' is full: mailbox_capacity 2"), std::string::npos)
      << refused.error().message();
  EXPECT_EQ(actor.stats().refused, 1u);
  EXPECT_EQ(world.system.stats().refused, 1u);
  world.settle();
  EXPECT_TRUE(actor.send(nothing()));
}

TEST(Send, LeavesTheMessageAloneWhenItIsRefused) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.mailbox_capacity = 1}, strings);
  Act first = nothing();
  Act second = nothing();
  EXPECT_EQ(actor.try_send(first), SendStatus::sent);
  EXPECT_EQ(actor.try_send(second), SendStatus::full);
  EXPECT_TRUE(second) << "still the caller's";
}

TEST(Send, CountsTheMessageInHandAsTaken) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.mailbox_capacity = 1}, strings);
  SendStatus to_itself = SendStatus::ended;
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    Act more = nothing();
    to_itself = context.self<Act>().try_send(more);
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(to_itself, SendStatus::sent);
}

TEST(Send, ToAnEndedActorIsUnavailableAndADeadLetter) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "gone"}, strings);
  actor.stop();
  world.settle();
  const auto refused = actor.send(nothing());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  EXPECT_EQ(world.events.late, 1);
  EXPECT_EQ(world.system.stats().dead_letters, 1u);
}

TEST(Send, SaysWhoSent) {
  World world;
  Strings& strings = world.strings();
  auto receiver = world.start({}, strings);
  auto sender = world.start({}, strings);
  std::vector<ActorId> senders;
  const auto ask = [&](Context& context) -> Result<Turn> {
    senders.push_back(context.sender());
    return Turn::done;
  };
  ASSERT_TRUE(sender.send([&](Context&) -> Result<Turn> {
    AIRSSYS_TRY_VOID(receiver.send(ask));
    return Turn::done;
  }));
  world.settle();
  ASSERT_TRUE(receiver.send(ask));
  world.settle();
  EXPECT_EQ(senders, (std::vector{sender.id(), ActorId()}));
}

}  // namespace
}  // namespace airssys::rt
