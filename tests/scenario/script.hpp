// The language of tests/scenario/*.txt: a conversation of an SMSC and an ESME, one line a step, one
// of them played by the script, the other under test.
//
//   # comment                      the first ones say what the scenario shows
//   only session  # why            where it is not played against both: `session` is the pure
//                                  machine under a clock of the script, `daemon` the real fareboxd
//                                  over TCP in real time
//   given role=esme window_max=4   settings of the one under test; before `connect`
//   connect                        TCP is up
//   smsc> deliver_sm sequence=7 short_message="VOTE 7"      the script, as the SMSC, sends this
//   smsc< deliver_sm_resp sequence=7 status=ESME_ROK        and receives this, as its next PDU:
//                                  only the fields that are stated are compared
//   smsc2> smsc2<                  the same over the operator's other bind (daemon)
//   app> submit_sm cookie=1 short_message="hi"              the application under test does this
//   app< response_received cookie=1 message_id=A1           and is told this (others are skipped)
//   app< nothing                   is told nothing more
//   raw> 0000000f                  octets of the script, in hexadecimal
//   hold / flush                   what is sent in between goes out as one segment
//   at +30s                        time passes: us, ms, s, min, h
//   tick                           a timer call without need
//   cut                            TCP breaks
//   expect closed="dead link"      facts about the one under test; closed=no while it is open
//
// A value is a bare word, a number, "quoted text" with \" \\ \n \r \0 \xNN, ucs2"text" (UTF-16),
// hex:0500 (these may be joined: hex:0500+"text"), like"Code ???-*" for any text of this form, or
// $name: a variable takes the value where it is first expected, and stands for it from
// then on. A TLV is a field by its standard name or number; field=absent states that it is missing.
// A PDU that is received and not expected fails the scenario, as does one expected in vain.
// daemon.hpp says what a step means where the daemon is under test.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/pdu.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace farebox::scenario {

// A scenario that is wrong, or does not come true: "file:line: what".
struct mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Every value is octets; `bare` ones may also be numbers, names or variables.
struct value {
  std::string text;
  bool bare = false;
  bool pattern = false; // of like"...": * is any text, ? any octet
};
using arguments = std::vector<std::pair<std::string, value>>;

struct step {
  int line = 0;
  std::string verb; // "smsc>", "app<", "at", ...
  std::string name; // of the PDU, action or event; "+30s" of `at`; empty where there is none
  arguments given;
};

std::vector<step> parse_script(std::string_view text); // throws mistake, "line N: what"

// False if the script says that it is for another subject only: "session" or "daemon".
bool plays_against(const std::vector<step>& script, std::string_view subject);

using variables = std::map<std::string, std::string>;

// The value as it stands, variables replaced; throws mistake if one is unknown.
std::string text_of(const value& v, const variables& known);
std::uint32_t number_of(const value& v, const variables& known);
microseconds duration_of(std::string_view text); // "30s"

// Takes away the argument of this name.
std::optional<value> extract(arguments& from, std::string_view name);

smpp::pdu make_pdu(std::string_view name, arguments fields, const variables& known);

// The stated fields of `expected` against `actual`; unknown variables are set. Empty if all hold,
// else the first difference, for people.
std::string difference(const step& expected, const smpp::pdu& actual, variables& known);

// Fields and TLVs as text: numbers in decimal, everything else as its octets.
std::map<std::string, std::string> fields_of(const smpp::pdu& message);

} // namespace farebox::scenario
