#include "../src/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace airssys::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using wasm::ComponentHealth;
using wasm::ComponentState;
using wasm::DeadLetterReason;
using wasm::SupervisionNode;

const Paint plain(Paint::Mode::plain);

SupervisionNode supervisor(std::string name, std::vector<SupervisionNode> children, wasm::RestartStrategy strategy = {}) {
  return {.kind = SupervisionNode::Kind::supervisor,
          .name = std::move(name),
          .state = ComponentState::running,
          .strategy = strategy,
          .children = std::move(children)};
}
SupervisionNode component(std::string name) { return {.name = std::move(name), .state = ComponentState::running}; }

TEST(SupervisionTree, OfOneLevelIsShownOnlyWhenSomethingHappened) {
  SupervisionNode root = supervisor("root", {component("a"), component("b")});
  EXPECT_EQ(supervision_tree(root, plain), "");
  EXPECT_EQ(supervision_tree(supervisor("root", {}), plain), "");
  root.children[1].restarts = 1;
  EXPECT_EQ(supervision_tree(root, plain),
            "root  one-for-one, running\n"
            "├─ a  running\n"
            "└─ b  running, 1 restart\n");
  root.children[1].restarts = 0;
  root.children[0].health = ComponentHealth::degraded;
  EXPECT_THAT(supervision_tree(root, plain), HasSubstr("a  running, degraded\n"));
}

TEST(SupervisionTree, ShowsWhoIsBelowWhomAndWhyItEnded) {
  SupervisionNode ended = component("b");
  ended.state = ComponentState::given_up;
  ended.restarts = 3;
  ended.last_error = "out of\nfuel";
  const SupervisionNode root = supervisor(
      "root", {supervisor("outer", {supervisor("inner", {component("a")}, wasm::RestartStrategy::rest_for_one), std::move(ended)},
                          wasm::RestartStrategy::one_for_all),
               component("c")});
  EXPECT_EQ(supervision_tree(root, plain),
            "root  one-for-one, running\n"
            "├─ outer  one-for-all, running\n"
            "│  ├─ inner  rest-for-one, running\n"
            "│  │  └─ a  running\n"
            "│  └─ b  given-up, 3 restarts: out of\\x0afuel\n"
            "└─ c  running\n");
}

TEST(SupervisionTree, ShowsSomeKeysOfAComponentAndHowManyMoreThereAre) {
  SupervisionNode carts = component("carts");
  for (const char* key : {"alice", "bob"}) {
    carts.children.push_back(component(key));
    carts.children.back().kind = SupervisionNode::Kind::key;
  }
  EXPECT_EQ(supervision_tree(supervisor("root", {carts}), plain),
            "root  one-for-one, running\n"
            "└─ carts  running\n"
            "   ├─ alice  running\n"
            "   └─ bob  running\n");
  carts.more_children = 992;
  EXPECT_THAT(supervision_tree(supervisor("root", {carts}), plain), HasSubstr("   ├─ bob  running\n"
                                                                              "   └─ and 992 more\n"));
}

TEST(DeadLetterLines, CountAllAndShowTheLatest) {
  wasm::DeadLetters letters;
  EXPECT_EQ(dead_letter_lines(letters, {}, 10, plain), "");
  letters.counts[static_cast<std::size_t>(DeadLetterReason::unresolved)] = 2;
  letters.counts[static_cast<std::size_t>(DeadLetterReason::poison)] = 1;
  for (const char* text : {"first", "second", "third"})
    letters.latest.push_back({.at = Instant(std::chrono::seconds(12)),
                              .reason = DeadLetterReason::poison,
                              .sender = "external",
                              .receiver = "app/store/main",
                              .codec = 0x0200,
                              .bytes = 2048,
                              .beginning = std::string(text) + std::string(59, 'x')});
  const std::string text = dead_letter_lines(letters, Instant(std::chrono::seconds(2)), 2, plain);
  EXPECT_THAT(text, HasSubstr("3 dead letters: 2 unresolved, 1 poison; the latest 2:\n"));
  EXPECT_THAT(text, HasSubstr("\n    10.000  external -> app/store  poison, 2 KiB json: thirdxxxx"));
  EXPECT_THAT(text, HasSubstr("x...\n"));
  EXPECT_THAT(text, Not(HasSubstr("first")));
}

}  // namespace
}  // namespace airssys::cli
