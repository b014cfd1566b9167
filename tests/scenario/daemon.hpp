// The real fareboxd as the subject of a scenario: a process of its own with a store of its own, two
// loopback sockets on which the script is the SMSC, and the administrator's socket to look inside.
// What a step means here:
//
//   given     keys of the bind `main` and its operator; what is not given is patient, so that no
//             timer adds a PDU of its own. Here only: help, reserved_reply, probe_timeout.
//   connect   waits for the daemon's connection; with wait_for_outbind calls its listening port
//   app> submit_sm short_message="a"
//             a phone orders "SAY a" over the other bind, and a service answers "a". What was said
//             before the daemon sends again by itself; what is refused=yes may wait inside.
//   app> unbind    drains the link, as the administrator does
//   app> probe     the last message of `smsc>` comes over the other bind as well
//   app< ...       bound, bind_refused, close_now and texts received, as far as the administrator
//                  sees them; the rest is skipped, as is `expect` of what only the session counts
//   expect accepted=2 sent=1   messages of this outcome, or whose reply has this state
//
// Partner 104723 sells on 4242: LOCK answers "Code: " and a code, SAY the text behind it. STOP is a
// reserved word. The other bind is bound before the first step and answers enquire_link by itself.
// With FAREBOX_TEST_LOG in the environment the daemon's log goes to standard error in the end.
#pragma once

#include "scenario/player.hpp"

namespace farebox::scenario {

// Waits at most so long for what should come.
std::unique_ptr<subject> daemon_subject(seconds patience = seconds{20});

} // namespace farebox::scenario
