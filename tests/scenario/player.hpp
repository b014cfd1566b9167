// Plays a scenario (script.hpp) against a subject: here a pure session under a clock of the
// script; the daemon behind a socket (daemon.hpp) is another subject of the same interface.
#pragma once

#include "scenario/script.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::scenario {

// What the application is told: an event by its name, with its values as text.
struct fact {
  std::string name;
  std::map<std::string, std::string> values;
};

// The connection under test, or that of the operator's other bind.
enum class bind { tested, other };

// What a subject cannot tell: it holds whatever is expected.
inline constexpr std::string_view unseen = "(unseen)";

class subject {
 public:
  virtual ~subject() = default;
  virtual void given(arguments settings) = 0;       // throws mistake for what it does not know
  virtual void connect() = 0;                       // anew after a cut
  virtual void receive(const bytes& segment, bind over) = 0; // what the script's side writes
  virtual std::deque<bytes>& written(bind over) = 0; // what it wrote, PDU by PDU; takers erase
  virtual void pass(microseconds span) = 0;
  virtual void tick() = 0;
  virtual void cut() = 0;
  virtual void act(std::string_view action, arguments with, const variables& known) = 0;
  virtual std::optional<fact> next_told(const step& expected) = 0;
  virtual std::optional<std::string> state(std::string_view name) = 0; // nullopt: unknown name

  // In real time, answers may overtake what they are no answer to, and what did not come yet may
  // still come. Otherwise everything is there at once and in one order.
  virtual bool in_real_time() const { return false; }
  // Lets more happen by itself. False: nothing will, or too much time has passed since `began`.
  virtual bool wait(std::chrono::steady_clock::time_point /*began*/) { return false; }
  // Real time may run away from the script; then nothing can be said about what should not come.
  virtual bool on_time() { return true; }
};

std::unique_ptr<subject> session_subject();

// Throws mistake at the first step that does not come true: "line N: what".
void play(const std::vector<step>& script, subject& under_test);

struct scenario_file {
  std::string name; // without folder
  std::string text;
  std::vector<step> script;
};

// Those of tests/scenario that can be played against this subject, by name.
std::vector<scenario_file> scenarios_for(std::string_view subject);

} // namespace farebox::scenario
