// Plays a scenario (script.hpp) against a subject: here a pure session under a clock of the
// script; a daemon behind a socket is another subject of the same interface.
#pragma once

#include "scenario/script.hpp"

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

class subject {
 public:
  virtual ~subject() = default;
  virtual void given(arguments settings) = 0;       // throws mistake for what it does not know
  virtual void connect() = 0;                       // anew after a cut
  virtual void receive(const bytes& segment) = 0;   // what the script's side writes
  virtual std::optional<bytes> next_frame() = 0;    // what it writes, PDU by PDU
  virtual void pass(microseconds span) = 0;
  virtual void tick() = 0;
  virtual void cut() = 0;
  virtual void act(std::string_view action, arguments with, const variables& known) = 0;
  virtual std::optional<fact> next_told() = 0;
  virtual std::optional<std::string> state(std::string_view name) = 0; // nullopt: unknown name
};

std::unique_ptr<subject> session_subject();

// Throws mistake at the first step that does not come true: "line N: what".
void play(const std::vector<step>& script, subject& under_test);

} // namespace farebox::scenario
